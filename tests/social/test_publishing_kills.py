"""Workers die after each step that writes or calls: every post is out once, with one first comment, and known to be."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from pytest_django import Settings

from crm_platform.bench.killing import MortalWorkers
from crm_platform.bench.moved_clock import move_clock
from social.models import Media, Post, Target
from tests.events.test_consume_outages import database_away
from tests.social.clock import minutes_in_doubt
from tests.social.publishing import Stage, connect, file_server, stage
from tests.social.sandboxes import control, sandbox

__all__ = ["connect", "file_server", "sandbox", "stage"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WORDS = {"FACEBOOK": ("facebook", "message"), "INSTAGRAM": ("instagram", "caption"), "TWITTER": ("x", "text")}

MOST_POINTS = 120
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture(autouse=True)
def one_key(settings: Settings) -> None:
    """Tokens are sealed with what the other processes have, too."""
    settings.CRM_ENCRYPTION_KEYS = [KEY]


@pytest.fixture
def workers(process_environment: dict[str, str], stage: Stage, settings: Settings) -> Iterator[MortalWorkers]:
    """Workers in processes of their own, at the test's stand-in and files."""
    environment = {
        **process_environment,
        "CRM_SOCIAL_SANDBOX_URL": stage.sandbox.url,
        "CRM_PUBLIC_URL": settings.CRM_PUBLIC_URL,
        "CRM_MEDIA_DIR": settings.CRM_MEDIA_DIR,
        "CRM_ENCRYPTION_KEYS": KEY,
    }
    with MortalWorkers(environment) as made:
        yield made


def die_everywhere(stage: Stage, workers: MortalWorkers, network: str, media: Media) -> list[Post]:
    """A new post for each point at which a worker can die, until one comes through."""
    made = []
    for point in range(1, MOST_POINTS):
        made.append(
            stage.post(network, text=f"Number {point}", media_ids=[media.pk], first_comment=f"Reply {point}")
        )
        if workers.work(point):
            break
        # The dead worker's post waits, and its lease holds no other worker up.
        later, over = timezone.now() + timedelta(minutes=10), timezone.now() - timedelta(seconds=1)
        Target.objects.exclude(leased_until=None).update(due_at=later, leased_until=over)
    return made


def told(stage: Stage, network: str) -> tuple[Counter[str], Counter[str]]:
    """How often each post and each comment stands on the network."""
    name, field = WORDS[network]
    rows = stage.seen(name)
    posts = Counter(str(row[field]) for row in rows if not row.get("parent"))
    replies = [row["text"] for row in rows if row.get("parent")]
    replies += [one["message"] for row in rows for one in row.get("comments", ())]
    return posts, Counter(replies)


@pytest.mark.parametrize("network", list(WORDS))
def test_whatever_a_worker_dies_after_the_post_and_its_comment_are_out_once(
    stage: Stage, workers: MortalWorkers, network: str
) -> None:
    made = die_everywhere(stage, workers, network, stage.picture())

    longest = minutes_in_doubt(45)

    assert 10 < len(made) < MOST_POINTS - 1
    posts, comments = told(stage, network)
    targets = Target.objects.filter(post__in=made)
    failed = {row.post.text for row in targets.filter(status="FAILED").select_related("post")}
    assert set(targets.values_list("status", flat=True)) <= {"PUBLISHED", "FAILED"}
    assert failed.isdisjoint(posts)
    # Only X vouches for nothing: what was looked for in vain may be tried again by staff.
    assert not failed or network == "TWITTER"
    wanted = {post.text for post in made} - failed
    assert posts == dict.fromkeys(wanted, 1)
    lost = {row.post.text for row in targets.filter(problem="COMMENT_LOST").select_related("post")}
    assert comments == {f"Reply {text.removeprefix('Number ')}": 1 for text in wanted - lost}
    assert longest <= 20
    assert not targets.filter(Q(lease__isnull=False) | Q(comment_due_at__isnull=False)).exists()


def test_cut_commits_and_a_database_that_throws_everybody_out_leave_no_double(
    stage: Stage, workers: MortalWorkers
) -> None:
    media = stage.picture()
    made = [stage.post(*WORDS, text=f"Number {n}", media_ids=[media.pk]) for n in range(8)]
    faults = [("cut_after", 2), ("status_after", 5), ("cut_before", 8), ("html", 11)]
    path = r"media_publish|/x-api/2/tweets$|/graph/v[\d.]+/\d+_\d+$|/feed$"
    control(
        stage.sandbox,
        "faults",
        [{"action": one, "method": "POST", "path": path, "nth": n, "times": 2} for one, n in faults],
    )

    for point in (40, 75, 110):
        workers.work(point)
        with database_away():
            assert workers.work(0) is False
        connection.close()
        move_clock()
    longest = minutes_in_doubt(60)

    targets = Target.objects.filter(post__in=made)
    assert set(targets.values_list("status", flat=True)) <= {"PUBLISHED", "FAILED"}
    for network in WORDS:
        posts, _ = told(stage, network)
        out = targets.filter(connection__network=network, status="PUBLISHED")
        assert posts == {row.post.text: 1 for row in out.select_related("post")}
    assert longest <= 20


def test_a_comment_whose_answer_was_lost_is_found_and_not_written_again(stage: Stage) -> None:
    posts = [stage.post(one, media_ids=[stage.picture().pk], first_comment="See you") for one in WORDS]
    control(
        stage.sandbox,
        "faults",
        [
            {"action": "cut_after", "method": "POST", "path": "/comments$", "times": 2},
            {"action": "cut_after", "method": "POST", "path": "/x-api/2/tweets$", "nth": 2},
        ],
    )

    minutes_in_doubt(6)

    assert {row.comment_id != "" for row in Target.objects.filter(post__in=posts)} == {True}
    for network in WORDS:
        assert told(stage, network)[1] == {"See you": 1}


def test_a_comment_that_never_arrived_is_said_and_may_be_written_again(stage: Stage) -> None:
    post = stage.post("FACEBOOK", first_comment="See you")
    stage.fault("cut_before", "/comments$")

    minutes_in_doubt(25)

    target = stage.target(post)
    assert (target.status, target.problem, target.comment_due_at) == ("PUBLISHED", "COMMENT_LOST", None)
    Target.objects.filter(pk=target.pk).update(comment_due_at=timezone.now())
    minutes_in_doubt(2)
    assert told(stage, "FACEBOOK")[1] == {"See you": 1}


def test_no_comment_is_written_under_a_post_that_was_deleted(stage: Stage) -> None:
    post = stage.post("FACEBOOK", first_comment="See you")
    values: dict[str, Any] = {"comment_due_at": timezone.now(), "deleted_at": timezone.now()}

    stage.fault("error", "/comments$", body={"error": {"code": 4}}, status=400)
    stage.turn()
    Target.objects.filter(post=post).update(**values)
    minutes_in_doubt(2)

    assert told(stage, "FACEBOOK")[1] == {}
    assert stage.target(post).comment_due_at is None
