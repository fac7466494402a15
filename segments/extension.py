"""What this app brings to the house."""

from typing import Final

from tenants.extension import (
    Consumer,
    CustomerAct,
    CustomerFilter,
    DashboardPanel,
    Extension,
    ListPart,
    Logged,
    LogKind,
    MergeBy,
    NavEntry,
    OnUndo,
    OutboundEvent,
    Period,
    Periodic,
    Queue,
    Table,
    Tag,
    columns,
    delete,
    written,
)

MEMBERS: Final = "segments_segmentmember"
TRANSITIONS: Final = "segments_segmenttransition"

TABLES: Final = (
    Table(
        "segments.Segment",
        plain=columns(
            "club_id name description type criteria version refreshed_version refresh_frequency last_refreshed_at"
            " member_count member_sum compared_xid compared_at is_active is_system template refresh_error"
            " messaging_segment_id last_synced_at sync_error created_at updated_at created_by_id"
            " created_by_name deleted_at"
        ),
        texts=written("name description criteria refresh_error sync_error"),
    ),
    Table(
        "segments.SegmentMember",
        words="Places in segments",
        personal=columns("segment_id profile_id origin_profile_id joined_at"),
        erase=delete(MEMBERS),
        mine="profile_id = ANY(%(ids)s)",
        merge=MergeBy("segments.merging.follow"),
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "segments.SegmentTransition",
        words="Coming to segments and leaving them",
        personal=columns("segment_id profile_id is_join cause rule version at"),
        erase=delete(TRANSITIONS),
        mine="profile_id = ANY(%(ids)s)",
        undo=OnUndo.GOES_ALONG,
    ),
    Table(
        "segments.Refresh",
        plain=columns(
            "segment_id status reason version attempts leased_until joined left error requested_at started_at"
            " finished_at"
        ),
        texts=written("error"),
    ),
    Table(
        "segments.SavedView",
        plain=columns("name rule filters columns sort owner_id place created_at"),
        texts=written("name rule filters"),
    ),
    Table(
        "segments.DueDay",
        personal=columns("profile_id due_on"),
        erase=delete("segments_dueday"),
        undo=OnUndo.GOES_ALONG,
    ),
)

PERIODS: Final = (
    # The latest of each segment stays: from it and those before it one knows how often it failed.
    Period(
        "segmentRefreshes",
        "Refreshes of segments",
        "What is kept of each comparison with everybody is deleted; members and their history stay.",
        30,
        """
        SELECT id FROM segments_refresh AS row
        WHERE tenant_id = %(tenant)s AND finished_at < %(before)s AND status IN ('DONE', 'FAILED')
          AND EXISTS (SELECT FROM segments_refresh AS later
                      WHERE later.tenant_id = %(tenant)s AND later.segment_id = row.segment_id AND later.id > row.id
                        AND later.status IN ('DONE', 'FAILED'))
        """,
        "DELETE FROM segments_refresh WHERE id IN (SELECT id FROM past)",
    ),
)

FIGURES: Final = "segments.admin.figures"
FOLLOWED: Final = (
    "profile.created",
    "profile.changed",
    "profile.merged",
    "profile.unmerged",
    "profile.erased",
    "profile.scored",
    "profile.counted",
    "activity.recorded",
)

EXTENSION: Final = Extension(
    error_codes="segments.error_codes.CODES",
    graphql_customer_edges="segments.graphql.edges.EDGES",
    logged=(Logged("segment", "segments.Segment", "name", "the segment", "segment"),),
    timeline_names={"segment": "segments.timeline_names.segments"},
    tables=TABLES,
    periods=PERIODS,
    log_kinds=(
        LogKind(
            "segment.joined",
            "Somebody joined a segment: `segmentId`, `cause`, `rule` (the leaf that flipped).",
        ),
        LogKind(
            "segment.left", "Somebody left a segment: `segmentId`, `cause`, `rule` (the leaf that flipped)."
        ),
        LogKind("segment.membership.changed", "Who joined and left a segment, at most a thousand an entry."),
    ),
    outbound=(
        OutboundEvent(
            "segment.membership.changed",
            "crm.segment.membership.changed",
            "segments.outbound.envelopes",
            "Somebody joins or leaves a segment",
        ),
    ),
    consumers=(
        Consumer(
            name="segments",
            kinds=FOLLOWED,
            handle="segments.log_consumer.follow",
            words="Who is in which segment",
            batch_size=4000,
            wants="segments.log_consumer.wants",
        ),
    ),
    queues={"segments.move_due": Queue.CONSUMERS},
    schedule=(
        Periodic("segments.tend", seconds=15, expires=12, name="tend-segments"),
        Periodic("segments.sync_lists", seconds=60, expires=50, name="sync-segment-lists"),
    ),
    locks={"SEGMENTS": 50},  # the members of one tenant's segments
    on_tenant_created=("segments.templates.furnish", "segments.views.furnish"),
    urls="segments.api.urls",
    tags=(Tag("segments", "Groups of customers by a rule or as a list.", 50),),
    enum_names={
        "SegmentType": "segments.models.SegmentType",
        "SegmentRefreshFrequency": "segments.models.Frequency",
        "SegmentCause": "segments.models.Cause",
    },
    graphql_queries=("segments.graphql.fields.SegmentQueries",),
    graphql_mutations=("segments.graphql.fields.SegmentMutations",),
    customer_actions=(
        CustomerAct(
            "list",
            "Add to list",
            "customers_to_list",
            order=30,
            icon="playlist_add",
            undo="segments.bulk.take_off_list",
        ),
    ),
    dashboard_panels=(
        DashboardPanel("today", "Today", "segments/panel_today.html", f"{FIGURES}.today_panel", 10),
        DashboardPanel("tiers", "Members by tier", "segments/panel_bars.html", f"{FIGURES}.tiers_panel", 20),
        DashboardPanel(
            "growth", "Joined and left", "segments/panel_growth.html", f"{FIGURES}.growth_panel", 30
        ),
        DashboardPanel("bands", "Engagement", "segments/panel_bars.html", f"{FIGURES}.bands_panel", 40),
        DashboardPanel(
            "rounds", "Rounds a week", "segments/panel_rounds.html", f"{FIGURES}.rounds_panel", 50
        ),
    ),
    list_parts=(
        ListPart("views", "segments/views.html", "segments.admin.desk.views_part", 10),
        ListPart("rule", "segments/rule_filter.html", "segments.admin.desk.rule_part", 20),
    ),
    nav=(NavEntry("Segments", "group_work", "segments", order=15),),
    styles=("crm/segments.css",),
    scripts=("crm/rule-builder.js",),
    customer_filters=(
        CustomerFilter(
            "segmentId",
            "Only members of this segment.",
            "segments.customer_filters.in_segment",
            {"type": "string", "format": "uuid"},
            "Segment",
            "segments.customer_filters.segment_options",
            is_about_money="segments.customer_filters.is_money_segment",
        ),
        CustomerFilter(
            "rule",
            "Only whom this rule tree means now, as JSON.",
            "segments.customer_filters.by_rule",
            label="Rule",
            is_about_money="segments.discretion.is_money_tree",
        ),
        CustomerFilter(
            "complaint",
            "Only those with an open complaint: `open`.",
            "segments.customer_filters.by_complaint",
            {"type": "string", "enum": ["open"]},
            label="Complaint",
            is_about_money="segments.customer_filters.is_always_money",
        ),
    ),
)
