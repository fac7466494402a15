"""From a click to an entry or a booking: tags of a post's link come back with the event and are counted on profiles."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from events.catalogue.teetime import BookingCreated, CompetitionEntry
from profiles.models import Activity
from social.contents import tagged_link
from social.conversions import conversions, entries_of_event
from social.measuring import measure_post
from social.models import Post, Promotion
from social.promoting.report import report_of
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import desk, text_of
from tests.cast import Club
from tests.profiles.stories import event, tell
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import control, sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def club(stage: Stage) -> Stage:
    """A club whose post with a link is out."""
    post = stage.post("FACEBOOK", "TWITTER", text="Enter", link="https://club.example/cup?ref=1")
    stage.turn()
    control(stage.sandbox, "clock", {"advance": 7200})
    measure_post(post)
    return stage


def tags(network: str) -> dict[str, str]:
    """What a site reads in the address that somebody tapped."""
    query = dict(parse_qsl(urlsplit(tagged_link(Post.objects.get(), network)).query))
    return {name.removeprefix("utm_"): value for name, value in query.items() if name.startswith("utm_")}


def entry(number: int, utm: Any) -> dict[str, Any]:
    payload = {"competitionId": "cup", "playerId": f"p{number}", "utm": utm}
    return event("teetime.competition.entered", payload, at=timezone.now())


def booking(number: int, utm: Any) -> dict[str, Any]:
    tee = (timezone.now() + DAY).isoformat()
    payload = {"id": f"b{number}", "playerId": f"p{number}", "teeTime": tee, "utm": utm}
    return event("teetime.booking.created", payload, at=timezone.now())


def brought() -> list[dict[str, Any]]:
    return conversions(since=timezone.now() - DAY, until=timezone.now() + DAY)


def test_entries_and_bookings_are_counted_for_the_post_and_network_whose_link_brought_them(
    club: Stage,
) -> None:
    facebook, x = tags("FACEBOOK"), tags("TWITTER")
    assert facebook["source"] == "facebook"
    tenant = club.club.tenant
    tell(
        tenant, entry(1, facebook), entry(2, facebook), booking(2, facebook), entry(3, x), entry(4, None),
        booking(5, {"source": "newsletter", "medium": "email"}),
    )  # fmt: skip

    rows = {row["platform"]: row for row in brought()}

    post = str(Post.objects.get().pk)
    assert set(rows) == {"FACEBOOK", "TWITTER"}
    told = {name: rows["FACEBOOK"][name] for name in ("postId", "entries", "bookings", "people")}
    assert told == {"postId": post, "entries": 2, "bookings": 1, "people": 2}
    assert rows["FACEBOOK"]["clicks"] > 0
    assert (rows["TWITTER"]["postId"], rows["TWITTER"]["entries"]) == (post, 1)
    kept = Activity.objects.filter(type="COMPETITION_ENTERED").order_by("pk").first()
    assert kept is not None
    assert kept.metadata == {"competitionId": "cup", "utm": facebook}


def test_tags_of_a_campaign_without_a_post_are_told_by_its_name(club: Stage) -> None:
    tell(
        club.club.tenant,
        entry(1, {"utm_source": "facebook", "utm_medium": "Social", "utm_campaign": "event-cup"}),
    )

    (row,) = brought()

    assert (row["postId"], row["campaign"], row["entries"], row["clicks"]) == (None, "event-cup", 1, None)


def test_another_club_counts_nothing_of_it(club: Stage, kingsmere: Club) -> None:
    tell(club.club.tenant, entry(1, tags("FACEBOOK")))

    with tenant_scope(kingsmere.tenant):
        assert brought() == []
        assert entries_of_event("cup") == []


def test_a_promotion_tells_who_entered_by_its_links(club: Stage) -> None:
    promotion = Promotion.objects.create(
        tenant=club.club.tenant, source_type="COMPETITION", source_id="cup", name="Cup", facts={}, channels=["POST"]
    )  # fmt: skip
    tell(club.club.tenant, entry(1, tags("FACEBOOK")), entry(2, tags("TWITTER")), entry(3, None))

    assert report_of(promotion)["byLinks"] == [
        {"platform": "FACEBOOK", "entered": 1},
        {"platform": "TWITTER", "entered": 1},
    ]
    page = text_of(desk(club.club.admin).get(f"/admin/promotions/{promotion.pk}/"))
    assert "Entered by a link of a post" in page


def test_the_page_and_the_api_tell_it(club: Stage) -> None:
    tell(club.club.tenant, entry(1, tags("FACEBOOK")), booking(2, tags("FACEBOOK")))

    page = text_of(desk(club.club.admin).get("/admin/social/reports/"))
    key = {"X-API-Key": factories.api_key(club.club.tenant, scopes=["crm:social"])}
    told = Client().get("/api/v1/analytics/social", headers=key).json()["conversions"]

    assert "What links brought" in page
    assert [(row["platform"], row["entries"], row["bookings"]) for row in told] == [("FACEBOOK", 1, 1)]


@pytest.mark.parametrize(
    "utm", [None, "facebook", 7, [], {}, {"source": None}, {"source": 5}, {"source": " "}, {"source": "\0"}]
)
def test_tags_that_cannot_be_read_never_cost_an_entry_or_a_booking(utm: Any) -> None:
    assert CompetitionEntry.model_validate({"competitionId": "cup", "utm": utm}).utm is None
    assert (
        BookingCreated.model_validate({"id": "b", "teeTime": "2026-03-01T08:00:00Z", "utm": utm}).utm is None
    )


def test_tags_are_cut_and_others_are_left_out() -> None:
    given = {"source": "x" * 900, "medium": " social ", "campaign": "c", "id": "no"}

    told = CompetitionEntry.model_validate({"competitionId": "cup", "utm": given}).utm

    assert told == {"source": "x" * 200, "medium": "social", "campaign": "c"}
