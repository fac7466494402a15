"""What kills every worker is given up, told, and stands in nobody's way; what is left on a Page is taken back."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from social import measuring
from social.models import Attempt, MetricSample, Post, Step, Target
from social.networks import meta
from social.networks.registry import PUBLISHERS
from social.publishing import claiming, comments
from social.publishing.claiming import MOST_LOST, claim
from social.publishing.deadly import give_up_deadly
from social.publishing.leftovers import PATIENCE, clear_drafts
from social.tokens import account_of
from tenants.postgresql.commits import ASYNC_COMMIT
from tests.back_office import desk, text_of
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import control, sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db


def die(post: Post) -> bool:
    """A worker takes the post and is killed; whether one still takes it."""
    taken = claim(timezone.now())
    if taken is None:
        return False
    assert Target.objects.get(pk=taken.target_id).post_id == post.pk
    Target.objects.filter(pk=taken.target_id).update(leased_until=timezone.now() - timedelta(seconds=1))
    return True


def test_a_post_at_which_five_workers_died_fails_in_words_and_the_next_one_goes_out(stage: Stage) -> None:
    deadly = stage.post("TWITTER", text="Too large")
    deaths = 0
    while die(deadly):
        deaths += 1

    assert deaths == MOST_LOST
    assert give_up_deadly() == 1
    target = stage.target(deadly)
    assert (target.status, target.problem, target.lease) == ("FAILED", "WORKER_DIED", None)
    deadly.refresh_from_db()
    assert deadly.status == "FAILED"
    other = stage.post("TWITTER", text="Small")
    stage.turn()
    assert stage.target(other).status == "PUBLISHED"
    assert give_up_deadly() == 0


def test_a_worker_that_lives_ends_the_row_of_deaths(stage: Stage) -> None:
    post = stage.post("TWITTER")
    for _ in range(MOST_LOST - 1):
        assert die(post)

    stage.turn()

    target = stage.target(post)
    assert (target.status, target.lost_workers) == ("PUBLISHED", 0)


def test_what_may_be_out_asks_a_human_and_is_looked_at_once_a_day(stage: Stage) -> None:
    post = stage.post("TWITTER")
    Attempt.objects.create(tenant=stage.club.tenant, target=stage.target(post), kind="COMMIT", lease=uuid4(),
                           started_at=timezone.now())  # fmt: skip
    while die(post):
        pass

    give_up_deadly()

    target = stage.target(post)
    assert (target.status, target.problem, target.asks_human) == ("UNKNOWN", "WORKER_DIED_LOOKING", True)
    assert claim(timezone.now()) is None
    page = text_of(desk(stage.club.marketing_manager).get(f"/admin/social/posts/{post.pk}/"))
    assert "every program that looked on the network broke down" in page
    assert "It is not there" in page
    Target.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert die(post)
    assert not die(post)


def test_a_comment_that_kills_is_given_up_and_the_next_one_is_written(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = [stage.post(network, text=f"On {network}") for network in ("FACEBOOK", "TWITTER")]
    stage.turn()
    Post.objects.update(first_comment="See you")
    deadly, other = (stage.target(post) for post in posts)
    now = timezone.now()
    Target.objects.filter(pk=deadly.pk).update(comment_due_at=now - timedelta(minutes=2))
    for _ in range(comments.MOST_TRIES):
        assert comments._claim(now) == (deadly.tenant_id, deadly.pk)
        Target.objects.filter(pk=deadly.pk).update(comment_due_at=now - timedelta(minutes=2))
    Target.objects.filter(pk=other.pk).update(comment_due_at=now - timedelta(minutes=1))

    comments.catch_up(now)

    deadly.refresh_from_db()
    other.refresh_from_db()
    assert (deadly.problem, deadly.comment_due_at, deadly.comment_id) == ("COMMENT_WORKER_DIED", None, "")
    assert other.comment_id
    assert other.comment_tries == 0


def test_numbers_that_kill_cost_their_own_account_a_sample_and_nobody_else(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.post("FACEBOOK", "TWITTER")
    stage.turn()
    now = timezone.now()
    Target.objects.update(metrics_due_at=now - timedelta(minutes=1))
    deadly = Target.objects.get(connection__network="FACEBOOK")
    Target.objects.filter(pk=deadly.pk).update(metrics_due_at=now - timedelta(minutes=2))

    class Killed(BaseException):
        """As SIGKILL."""

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(PUBLISHERS["FACEBOOK"], "numbers", kill, raising=False)
        with pytest.raises(Killed):
            measuring.measure_due(now)
    assert measuring.measure_due(now) == 1

    deadly.refresh_from_db()
    assert deadly.metrics_due_at == now + timedelta(hours=1)
    assert MetricSample.objects.get().target.connection.network == "TWITTER"


def test_accounts_of_a_club_take_turns(stage: Stage) -> None:
    for number in range(3):
        stage.post("TWITTER", text=f"Number {number}")
    stage.post("FACEBOOK")

    taken = [claim(), claim()]

    rows = Target.objects.filter(pk__in=[one.target_id for one in taken if one])
    assert set(rows.values_list("connection__network", flat=True)) == {"TWITTER", "FACEBOOK"}


def test_nothing_is_claimed_beyond_what_may_be_under_way(stage: Stage) -> None:
    for number in range(claiming.MOST_UNDERWAY + 2):
        stage.post("TWITTER", text=f"Number {number}")

    taken = [claim() for _ in range(claiming.MOST_UNDERWAY + 2)]

    assert sum(one is not None for one in taken) == claiming.MOST_UNDERWAY


def given_up(stage: Stage) -> Target:
    """A post whose draft stands on the Page and whose commit was refused."""
    post = stage.post("FACEBOOK")
    stage.fault(
        "error", r"/graph/v[\d.]+/\d+_\d+$", status=400, body={"error": {"code": 100, "message": "No."}}
    )
    stage.turn()
    target = stage.target(post)
    assert target.status == "FAILED"
    return target


def drafts(stage: Stage) -> list[str]:
    rows = control(stage.sandbox, "posts", {"network": "facebook"})["posts"]
    return [row["id"] for row in rows if not row.get("is_published", True)]


def test_a_draft_that_was_given_up_is_taken_back(stage: Stage) -> None:
    target = given_up(stage)
    assert len(drafts(stage)) == 1

    assert clear_drafts() == 0
    assert clear_drafts(timezone.now() + PATIENCE * 2) == 1

    assert drafts(stage) == []
    last = Attempt.objects.filter(target=target).latest("started_at")
    assert (last.kind, last.outcome) == ("CLEAR", "SUCCEEDED")
    page = text_of(desk(stage.club.marketing_manager).get(f"/admin/social/posts/{target.post_id}/"))
    assert "Took the draft back." in page


def test_a_draft_that_cannot_be_taken_back_is_told_and_asked_for_once(stage: Stage) -> None:
    target = given_up(stage)
    control(stage.sandbox, "faults", [{"action": "cut_before", "method": "DELETE", "path": "/graph/"}])

    clear_drafts(timezone.now() + PATIENCE * 2)

    last = Attempt.objects.filter(target=target).latest("started_at")
    assert (last.kind, last.outcome) == ("CLEAR", "UNKNOWN")
    assert clear_drafts(timezone.now() + PATIENCE * 2) == 0
    assert not Step.objects.filter(target=target, kind="DRAFT").exists()


def test_a_draft_that_somebody_set_live_is_left(stage: Stage) -> None:
    target = given_up(stage)
    (draft_id,) = drafts(stage)
    meta.graph("POST", draft_id, account_of(target.connection).token, is_published=True)

    clear_drafts(timezone.now() + PATIENCE * 2)

    last = Attempt.objects.filter(target=target).latest("started_at")
    assert (last.kind, last.outcome) == ("CLEAR", "REFUSED")
    assert "is public" in last.message


def test_only_the_word_before_a_call_that_publishes_waits_for_the_disk(stage: Stage) -> None:
    stage.post("FACEBOOK", media_ids=[stage.picture().pk])
    waits: list[tuple[str, bool]] = []
    last = ""

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal last
        if sql.startswith('INSERT INTO "social_attempt"'):
            kind = next(one for one in ("UPLOAD", "DRAFT", "COMMIT") if one in params)
            waits.append((kind, last != ASYNC_COMMIT))
        last = sql
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        stage.turn()

    assert waits == [("UPLOAD", False), ("DRAFT", True), ("COMMIT", True)]
