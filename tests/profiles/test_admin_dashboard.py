"""The front page of the back office."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from events.consumers import ConsumerLag
from profiles.admin.activity_chart import draw, last_months
from profiles.admin.club_figures import club_figures
from profiles.admin.dashboard import state_of
from tenants.expiring_cache import clear_all_caches
from tenants.models import Role, User
from tenants.scope import tenant_scope
from tests.back_office import INDEX, counted_queries, desk, text_of
from tests.cast import Club
from tests.profiles import stories
from tests.profiles.api_callers import thandi

FIGURES = "/admin/dashboard/"


@pytest.mark.parametrize("role", list(Role))
def test_every_role_sees_the_dashboard(fairview: Club, role: Role) -> None:
    browser = desk(fairview.member(role))

    assert browser.get(INDEX).status_code == 200
    assert browser.get(FIGURES).status_code == 200


def test_the_stranger_gets_no_figures(fairview: Club, stranger: User) -> None:
    assert desk(stranger).get(FIGURES).status_code == 403


def test_a_fresh_club_is_told_what_to_do_next(fairview: Club) -> None:
    html = text_of(desk(fairview.admin).get(INDEX))

    assert "Welcome to Fairview Golf Club" in html
    # The cast has four colleagues, and the club its tiers.
    assert "2 of 5 steps are done" in html
    for words in (
        "Check the club’s data",
        "Import your list of members",
        "Invite colleagues",
        "Connect your services",
    ):
        assert words in html
    assert "manage.py" not in html
    assert "crm-events" not in html


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        (Role.VIEWER, "as soon as a colleague brings them in", "Import your list"),
        (Role.STAFF, "Add somebody by hand", "Import your list"),
        (Role.MARKETING_MANAGER, "Import your list", "Invite colleagues"),
    ],
)
def test_each_role_is_told_what_it_may_do(fairview: Club, role: Role, shown: str, hidden: str) -> None:
    html = text_of(desk(fairview.member(role)).get(INDEX)).partition("<main")[2]

    assert shown in html
    assert hidden not in html


def test_figures_count_the_own_club_only(fairview: Club, kingsmere: Club) -> None:
    thandi(kingsmere.tenant)
    stories.tell(
        fairview.tenant,
        stories.member(1, firstName="Anna", status="ACTIVE", at=timezone.now()),
        stories.member(2, firstName="Ben", status="LAPSED", at=datetime(2020, 5, 1, tzinfo=UTC)),
        stories.event("scl.member.exploded", {"id": 3}, source="scl"),
    )

    with tenant_scope(fairview.tenant):
        figures = club_figures(fairview.tenant)

    assert (figures.people.total, figures.people.new_this_month, figures.people.active_members) == (2, 1, 1)
    assert (figures.events.last_hour, figures.events.last_day) == (3, 3)
    assert (figures.trouble.waiting, figures.trouble.dead, figures.trouble.failures) == (0, 1, 1)
    assert {each.profile.first_name for each in figures.feed} == {"Anna", "Ben"}


def test_the_feed_tells_what_people_did_and_not_what_a_campaign_sent(fairview: Club) -> None:
    opened = {"contactId": "c1", "messageId": "m"}
    stories.tell(
        fairview.tenant,
        stories.contact("c1", firstName="Anna", email="anna@example.org"),
        stories.event("messaging.message.sent", {**opened, "channel": "EMAIL"}, at=1),
        stories.event("messaging.message.delivered", {**opened, "channel": "EMAIL"}, at=2),
        stories.event("messaging.email.opened", {**opened, "isMachine": True}, at=3),
        stories.event("messaging.email.opened", opened, at=4),
    )

    with tenant_scope(fairview.tenant):
        titles = [each.activity.title for each in club_figures(fairview.tenant).feed]

    assert "Opened an e-mail" in titles
    assert not {"E-mail opened by a machine", "Was sent an e-mail", "Received an e-mail"} & set(titles)


def test_kept_figures_of_one_club_are_not_shown_to_another(fairview: Club, kingsmere: Club) -> None:
    thandi(kingsmere.tenant)
    desk(kingsmere.admin).get(INDEX)

    html = text_of(desk(fairview.admin).get(INDEX))

    assert "Thandi" not in html


def test_figures_are_kept_for_some_seconds(fairview: Club) -> None:
    browser = desk(fairview.viewer)
    with counted_queries() as first:
        browser.get(FIGURES)
    with counted_queries() as second:
        browser.get(FIGURES)

    assert second[0] < first[0]


def test_the_dashboard_takes_as_many_queries_for_many_as_for_one(fairview: Club) -> None:
    browser = desk(fairview.viewer)
    thandi(fairview.tenant)
    browser.get(FIGURES)  # the first look of a session is noted once
    clear_all_caches()
    with counted_queries() as one:
        browser.get(FIGURES)
    stories.tell(fairview.tenant, *(stories.member(n, firstName=f"Many{n}") for n in range(1, 30)))
    clear_all_caches()

    with counted_queries() as many:
        browser.get(FIGURES)

    assert many == one


@pytest.mark.parametrize(
    ("lag", "tone"),
    [
        (ConsumerLag("a", False, None, "", 0, 0.0), "good"),
        (ConsumerLag("a", False, None, "", 10, 2.0), "good"),
        (ConsumerLag("a", False, None, "", 10, 20.0), "warn"),
        (ConsumerLag("a", False, None, "", 10, 300.0), "bad"),
        (ConsumerLag("a", True, None, "", 0, 0.0), "warn"),
        (ConsumerLag("a", False, timezone.now() - timedelta(1), "peer away", 0, 0.0), "bad"),
    ],
)
def test_a_consumers_colour_follows_its_lag(lag: ConsumerLag, tone: str) -> None:
    assert state_of(lag).tone == tone


def test_the_chart_has_twelve_months_with_the_running_one_last() -> None:
    months = last_months(date(2026, 2, 28))

    assert (months[0], months[-1], len(months)) == (date(2025, 3, 1), date(2026, 2, 1), 12)


def test_the_highest_bar_fills_the_drawing_and_an_empty_month_stays_visible() -> None:
    chart = draw([(date(2026, 1, 1), 0), (date(2026, 2, 1), 5)])

    assert chart.bars[1].height == chart.height
    assert chart.bars[0].height > 0
    assert chart.total == 5
