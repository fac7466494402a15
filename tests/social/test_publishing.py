"""Posts go out once, whatever happens to the answers."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from social.after_publishing import delete_there, reply_there
from social.errors import IllegalMove
from social.measuring import measure_post
from social.models import AppPause, Connection, Post, Step, Target
from social.posts import (
    Words,
    cancel_post,
    decide_target,
    release_post,
    retry_post,
    schedule_post,
    unschedule_post,
    write_post,
)
from social.publishing import working
from social.publishing.claiming import claim, count_due
from social.publishing.working import work
from tenants.scope import tenant_scope
from tests.social.publishing import Stage, connect, file_server, stage
from tests.social.sandboxes import committed, control, sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
ALL = ("FACEBOOK", "INSTAGRAM", "TWITTER")
COMMITS = {
    "FACEBOOK": r"/graph/v[\d.]+/\d+_\d+$",
    "INSTAGRAM": "media_publish",
    "TWITTER": "/x-api/2/tweets$",
}
NAMES = {"FACEBOOK": "facebook", "INSTAGRAM": "instagram", "TWITTER": "x"}


def test_a_post_with_two_pictures_goes_out_on_all_three_networks(stage: Stage) -> None:
    media = [stage.picture().pk, stage.picture(color="blue").pk]
    post = stage.post(*ALL, media_ids=media, link="https://club.example/open", first_comment="See you there")

    assert stage.turn() == 3

    post.refresh_from_db()
    assert post.status == "PUBLISHED"
    (facebook,), (instagram,), seen_x = (stage.seen(NAMES[one]) for one in ALL)
    assert len(facebook["photos"]) == 2
    assert facebook["comments"][0]["message"] == "See you there"
    assert (instagram["media_type"], len(instagram["children"])) == ("CAROUSEL_ALBUM", 2)
    reply, first = seen_x
    assert (reply["parent"], first["parent"]) == (first["id"], None)
    assert "utm_source=x" in first["text"]
    assert all(target.network_post_id for target in Target.objects.all())


@pytest.mark.parametrize("network", ALL)
@pytest.mark.parametrize("fault", ["cut_after", "cut_middle", "status_after", "html", "empty", "wrong_type"])
def test_an_answer_that_is_lost_after_the_commit_is_found_on_the_network(
    stage: Stage, network: str, fault: str
) -> None:
    post = stage.post(network, media_ids=[stage.picture().pk])
    stage.fault(fault, COMMITS[network])

    stage.turn()
    first = stage.target(post).status
    stage.turn(1)

    target = stage.target(post)
    assert first == ("PUBLISHED" if fault == "wrong_type" else "UNKNOWN")
    assert target.status == "PUBLISHED"
    assert len(stage.seen(NAMES[network])) == 1
    assert target.network_post_id == stage.seen(NAMES[network])[0]["id"]


@pytest.mark.parametrize("network", ["FACEBOOK", "INSTAGRAM"])
@pytest.mark.parametrize("fault", ["cut_before", "status_before"])
def test_a_commit_that_never_arrived_is_repeated_by_its_handle(
    stage: Stage, network: str, fault: str
) -> None:
    post = stage.post(network, media_ids=[stage.picture().pk])
    stage.fault(fault, COMMITS[network])

    stage.turn()
    stage.turn(1)
    stage.turn(1)

    assert stage.target(post).status == "PUBLISHED"
    assert len(stage.seen(NAMES[network])) == 1


def test_x_vouches_for_nothing_so_four_looks_end_as_failed_and_safe_to_repeat(stage: Stage) -> None:
    post = stage.post("TWITTER")
    stage.fault("cut_before", COMMITS["TWITTER"])

    stage.turn()
    for _ in range(4):
        stage.turn(1)

    target = stage.target(post)
    assert (target.status, target.problem) == ("FAILED", "LOOKED_IN_VAIN")
    assert stage.seen("x") == []
    retry_post(post.pk)
    stage.turn()
    assert stage.target(post).status == "PUBLISHED"
    assert len(stage.seen("x")) == 1


def test_a_post_with_an_address_without_protocol_is_found_again(stage: Stage) -> None:
    post = stage.post(
        "TWITTER", text="Fish & chips, golf.club\nfrom six", link="https://club.example/menu?a=1&b=2"
    )
    stage.fault("cut_after", COMMITS["TWITTER"])

    stage.turn()
    stage.turn(1)

    assert stage.target(post).status == "PUBLISHED"


def test_a_list_that_lags_is_looked_at_again(stage: Stage) -> None:
    post = stage.post("TWITTER")
    control(stage.sandbox, "switches", {"list_lag_seconds": 60})
    stage.fault("cut_after", COMMITS["TWITTER"])

    stage.turn()
    stage.turn(1)
    between = stage.target(post)
    control(stage.sandbox, "clock", {"advance": 120})
    stage.turn(1)

    assert (between.status, between.looks) == ("UNKNOWN", 1)
    assert stage.target(post).status == "PUBLISHED"


@pytest.mark.parametrize("action", ["cut_before", "cut_after"])
def test_a_look_alike_on_facebook_from_just_before_is_not_taken_for_a_draft_that_was_lost(
    stage: Stage, action: str
) -> None:
    control(stage.sandbox, "switches", {"facebook_duplicate_seconds": 0})
    person = {"network": "facebook", "action": "post", "account": stage.made["pages"][0]}
    control(stage.sandbox, "person", {**person, "text": "The course is open"})
    control(stage.sandbox, "person", {**person, "text": "Something else"})
    post = stage.post("FACEBOOK")
    stage.fault(action, "/feed$")

    stage.turn()
    for _ in range(6):
        stage.turn(1)

    target = stage.target(post)
    ours = [row for row in stage.seen("facebook") if row["by"] == "app"]
    assert target.status == "PUBLISHED"
    assert target.network_post_id in {row["id"] for row in ours}
    assert len(ours) == 1


def test_a_look_alike_by_a_person_from_before_is_not_taken_for_ours(stage: Stage) -> None:
    person = {"network": "x", "action": "post", "account": stage.made["x"], "text": "The course is open"}
    control(stage.sandbox, "switches", {"x_duplicate_seconds": 0})
    control(stage.sandbox, "person", person)
    post = stage.post("TWITTER")
    stage.fault("cut_before", COMMITS["TWITTER"])

    stage.turn()
    for _ in range(4):
        stage.turn(1)

    assert stage.target(post).status == "FAILED"


def test_two_that_could_be_ours_ask_a_human_and_say_what_was_seen(stage: Stage) -> None:
    post = stage.post("TWITTER")
    control(stage.sandbox, "switches", {"x_duplicate_seconds": 0})
    stage.fault("cut_after", COMMITS["TWITTER"])
    stage.turn()
    control(
        stage.sandbox,
        "person",
        {"network": "x", "action": "post", "account": stage.made["x"], "text": "The course is open"},
    )

    stage.turn(1)

    target = stage.target(post)
    assert (target.status, target.asks_human, len(target.seen)) == ("UNKNOWN", True, 2)
    decide_target(post.pk, target.pk, network_post_id=target.seen[1]["id"])
    assert stage.target(post).network_post_id == target.seen[1]["id"]


@pytest.mark.parametrize("network", ALL)
def test_a_worker_killed_while_it_commits_leaves_no_double(
    stage: Stage, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = stage.post(network, media_ids=[stage.picture().pk])

    class Killed(BaseException):
        """As SIGKILL: nothing is tidied up."""

    note = working._Run._note

    def die(run: Any, plan: Any, attempt: Any, done: Any) -> None:
        if plan.kind == "COMMIT":
            raise Killed
        note(run, plan, attempt, done)

    taken = claim()
    assert taken
    monkeypatch.setattr(working._Run, "_note", die)
    with pytest.raises(Killed):
        work(taken)
    monkeypatch.setattr(working._Run, "_note", note)
    Target.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    stage.turn(1)
    stage.turn(1)

    assert stage.target(post).status == "PUBLISHED"
    assert len(stage.seen(NAMES[network])) == 1


def test_cancel_and_claim_exclude_each_other(stage: Stage) -> None:
    held, free = stage.post("TWITTER", text="One"), stage.post("TWITTER", text="Two")
    taken = claim()
    assert taken

    with pytest.raises(IllegalMove):
        cancel_post(held.pk)
    cancel_post(free.pk)
    work(taken)
    stage.turn()

    assert [row["text"] for row in stage.seen("x")] == ["One"]
    free.refresh_from_db()
    assert free.status == "CANCELLED"


def test_a_draft_is_never_published_whatever_its_time_says(stage: Stage) -> None:
    ids = [stage.accounts["TWITTER"].pk]
    draft = write_post(Words(text="Not yet", connection_ids=ids, scheduled_at=timezone.now()))
    planned = stage.post("TWITTER", text="Taken back")
    unschedule_post(planned.pk)

    assert stage.turn(1) == 0
    schedule_post(draft.pk)
    assert stage.turn() == 1
    assert [row["text"] for row in stage.seen("x")] == ["Not yet"]


def test_a_late_post_after_an_outage_asks_first(stage: Stage) -> None:
    post = stage.post("TWITTER")
    Target.objects.update(planned_at=timezone.now() - timedelta(hours=2))

    assert stage.turn() == 1
    assert (stage.target(post).status, committed(stage.sandbox)) == ("HELD", [])
    assert stage.turn() == 0
    release_post(post.pk)
    stage.turn()

    assert stage.target(post).status == "PUBLISHED"


def test_a_late_post_asks_as_well_where_its_first_worker_died(stage: Stage) -> None:
    post = stage.post("TWITTER")
    Target.objects.update(planned_at=timezone.now() - timedelta(hours=2))
    assert claim() is not None
    Target.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    stage.turn()

    assert (stage.target(post).status, committed(stage.sandbox)) == ("HELD", [])


def test_a_post_that_waited_for_its_accounts_own_limits_is_not_late(stage: Stage) -> None:
    post, now = stage.post("TWITTER"), timezone.now()
    Target.objects.update(planned_at=now - timedelta(hours=2))
    Connection.objects.update(closed_until=now - timedelta(minutes=1))

    stage.turn()

    assert stage.target(post).status == "PUBLISHED"


def test_what_waits_at_dead_and_paused_accounts_is_not_counted(stage: Stage) -> None:
    for number in range(3):
        stage.post("FACEBOOK", "TWITTER", text=f"Number {number}")
    assert (count_due(most=9), count_due(most=4)) == (6, 4)

    Connection.objects.filter(network="FACEBOOK").update(status="NEEDS_RECONNECT")
    assert count_due() == 3
    AppPause.objects.create(family="X", until=timezone.now() + timedelta(hours=1), reason="OUT_OF_CREDIT")
    assert count_due() == 0


def test_a_dead_token_stops_the_account_and_the_post_waits(stage: Stage) -> None:
    control(stage.sandbox, "token", {"person": stage.made["person"], "action": "password"})
    post = stage.post("FACEBOOK")

    stage.turn()

    account = Connection.objects.get(network="FACEBOOK")
    assert (account.status, account.problem) == ("NEEDS_RECONNECT", "PASSWORD_CHANGED")
    assert (stage.target(post).status, stage.turn(1)) == ("WAITING", 0)


def test_limits_close_the_account_for_all_its_jobs(stage: Stage) -> None:
    control(stage.sandbox, "switches", {"instagram_quota_total": 0})
    post = stage.post("INSTAGRAM", media_ids=[stage.picture().pk])

    stage.turn()

    account = Connection.objects.get(network="INSTAGRAM")
    assert account.closed_reason == "DAY_QUOTA_USED"
    assert account.closed_until is not None
    assert account.closed_until > timezone.now()
    assert (stage.target(post).status, stage.turn(1)) == ("WAITING", 0)


def test_out_of_credit_pauses_x_for_every_club(stage: Stage) -> None:
    control(stage.sandbox, "switches", {"x_out_of_credit": True})
    post = stage.post("TWITTER")

    stage.turn()

    assert stage.target(post).problem == "OUT_OF_CREDIT"
    assert stage.turn(1) == 0


def test_a_refusal_is_final_and_says_why(stage: Stage) -> None:
    stage.post("TWITTER", text="Same")
    stage.turn()
    second = stage.post("TWITTER", text="Same", is_duplicate_allowed=True)

    stage.turn()

    target = stage.target(second)
    assert (target.status, target.problem) == ("FAILED", "DUPLICATE")
    assert len(stage.seen("x")) == 1
    second.refresh_from_db()
    assert second.status == "FAILED"


def test_an_expired_token_of_x_is_renewed_once_and_the_post_goes_out(stage: Stage) -> None:
    control(stage.sandbox, "token", {"user": stage.made["x"], "action": "expire"})
    post = stage.post("TWITTER")

    stage.turn()
    stage.turn(1)

    assert stage.target(post).status == "PUBLISHED"
    assert Connection.objects.get(network="TWITTER").renewals == 2
    assert len(committed(stage.sandbox)) == 1


def test_a_post_in_doubt_is_found_although_its_token_ends_meanwhile(stage: Stage) -> None:
    post = stage.post("TWITTER")
    stage.fault("cut_after", "/2/tweets$")
    stage.turn()
    assert stage.target(post).status == "UNKNOWN"
    control(stage.sandbox, "token", {"user": stage.made["x"], "action": "expire"})

    stage.turn(1)

    assert (stage.target(post).status, len(committed(stage.sandbox))) == ("PUBLISHED", 1)
    account = Connection.objects.get(network="TWITTER")
    assert (account.status, account.renewals) == ("ACTIVE", 2)


@pytest.mark.parametrize("act", [delete_there, partial(reply_there, text="See you")])
def test_acts_on_posts_that_are_out_renew_a_token_that_has_just_ended(stage: Stage, act: Any) -> None:
    post = stage.post("TWITTER")
    stage.turn()
    control(stage.sandbox, "token", {"user": stage.made["x"], "action": "expire"})

    act(post.pk, stage.target(post).pk)
    control(stage.sandbox, "token", {"user": stage.made["x"], "action": "expire"})
    measure_post(post)

    account = Connection.objects.get(network="TWITTER")
    assert (account.status, account.renewals >= 2) == ("ACTIVE", True)


def test_an_album_whose_container_has_expired_is_made_anew(stage: Stage) -> None:
    control(stage.sandbox, "switches", {"processing_seconds": 0})
    post = stage.post("INSTAGRAM", media_ids=[stage.picture().pk])
    stage.fault(
        "error", "media_publish", status=400, body='{"error": {"code": "9007", "error_subcode": "2207027"}}'
    )
    stage.turn()
    control(stage.sandbox, "clock", {"advance": 90_000})

    stage.turn(1)
    stage.turn(1)

    assert stage.target(post).status == "PUBLISHED"
    assert Step.objects.filter(target__post=post, kind="CONTAINER").count() == 1


def test_one_clubs_flood_delays_no_other_clubs_post(stage: Stage, kingsmere: Any) -> None:
    for number in range(8):
        stage.post("TWITTER", text=f"Number {number}")
    with tenant_scope(kingsmere.tenant):
        connect(stage.sandbox, kingsmere, "Kingsmere")
        ids = [Connection.objects.get(network="TWITTER").pk]
        other = schedule_post(
            write_post(Words(text="One", connection_ids=ids, scheduled_at=timezone.now())).pk
        )

    first, second = claim(), claim()

    assert first is not None
    assert second is not None
    assert second.tenant_id == kingsmere.tenant.pk
    assert Post.objects.filter(pk=other.pk).count() == 0  # not of this scope
