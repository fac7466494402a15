"""What lost property brings."""

from typing import Final

from tenants.extension import (
    OF_PERSON,
    Consumer,
    CustomerFilter,
    CustomerPanel,
    DashboardPanel,
    Extension,
    LogKind,
    MergeBy,
    Move,
    NavEntry,
    OnUndo,
    Period,
    Periodic,
    Queue,
    Table,
    Tag,
    columns,
    delete,
)

ITEM_FOUND: Final = "lost_item.found"
GIVE_AWAY: Final = "sample.give_away"

EXTENSION: Final = Extension(
    tables=(
        Table(
            "sample.LostItem",
            personal=columns("profile_id origin_profile_id description"),
            plain=columns("found_at given_away_at"),
            erase=delete("sample_lostitem"),
            mine=OF_PERSON,
            merge=Move(),
            undo=OnUndo.KEEPS_PERSON,
        ),
        Table(
            "sample.LastSeen",
            personal=columns("profile_id"),
            plain=columns("seen_at"),
            erase=delete("sample_lastseen"),
            mine=OF_PERSON,
            merge=MergeBy("tests.sample.last_seen.recompute_merged"),
            undo=OnUndo.GOES_ALONG,
        ),
    ),
    periods=(
        Period(
            "lostItems",
            "Lost property",
            "What was given away is forgotten.",
            365,
            "SELECT id FROM sample_lostitem WHERE tenant_id = %(tenant)s AND given_away_at < %(before)s",
            "DELETE FROM sample_lostitem WHERE id IN (SELECT id FROM past)",
        ),
    ),
    log_kinds=(LogKind(ITEM_FOUND, "Something that a customer left behind was found: `itemId`."),),
    consumers=(
        Consumer(
            "last-seen",
            ("activity.recorded",),
            "tests.sample.last_seen.follow",
            "Last seen",
            after=("scoring",),
        ),
    ),
    customer_filters=(
        CustomerFilter(
            "hasLostItem",
            "Only those who left something behind.",
            "tests.sample.customer_filters.has_lost_item",
            {"type": "boolean"},
            "Lost property",
            "tests.sample.customer_filters.choices",
        ),
    ),
    customer_panels=(
        CustomerPanel("lost-property", "Lost property", "sample/panel.html", "tests.sample.admin.panel"),
    ),
    dashboard_panels=(
        DashboardPanel(
            "lost-property", "Lost property", "sample/dashboard.html", "tests.sample.admin.dashboard_panel"
        ),
    ),
    nav=(NavEntry("Lost property", "umbrella", "lost_property", order=90),),
    urls="tests.sample.urls",
    tags=(Tag("lost property", "What golfers left behind.", 90),),
    graphql_queries=("tests.sample.graphql.LostPropertyQueries",),
    schedule=(Periodic(GIVE_AWAY, cron={"hour": 4, "minute": 5}),),
    queues={GIVE_AWAY: Queue.SENDS},
)
