"""Answers of other shapes than the protocols': never taken for "it is out", "it is not out" or "it is gone"."""

from io import BytesIO
from typing import Any

import pytest

from social import connecting
from social.errors import NetworkAway
from social.library.keeping import add_media
from social.measuring import measure_post
from social.models import Attempt, Connection, MetricSample, Step, Target
from social.networks.shapes import flag_of, key_of, rows_of
from social.posts import get_post
from social.sandbox.faults import odd_shapes_of, texts_of
from tests.social.clock import minutes_in_doubt
from tests.social.films import film
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import committed, control, sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
COMMITS = {
    "FACEBOOK": r"/graph/v[\d.]+/\d+_\d+$",
    "INSTAGRAM": "media_publish",
    "TWITTER": r"/x-api/2/tweets$",
}
LISTS = {"FACEBOOK": r"/graph/v[\d.]+/\d+_\d+$", "INSTAGRAM": r"/\d+/media$", "TWITTER": r"/users/\d+/tweets"}


@pytest.mark.parametrize("network", list(COMMITS))
@pytest.mark.parametrize("action", ["shapes", "texts"])
def test_a_post_whose_answers_have_other_types_is_out_once_and_known(
    stage: Stage, network: str, action: str
) -> None:
    post = stage.post(network, media_ids=[stage.picture().pk])
    rules = [
        {"action": action, "method": "POST", "path": COMMITS[network]},
        {"action": action, "method": "GET", "path": LISTS[network], "times": 3},
    ]
    control(stage.sandbox, "faults", rules)

    longest = minutes_in_doubt(30)

    target = stage.target(post)
    assert (target.status, target.asks_human, len(committed(stage.sandbox))) == ("PUBLISHED", False, 1)
    assert longest <= 20


@pytest.mark.parametrize("network", list(COMMITS))
def test_what_the_list_says_in_other_types_is_no_proof_of_absence(stage: Stage, network: str) -> None:
    post = stage.post(network, media_ids=[stage.picture().pk])
    rules = [
        {"action": "cut_after", "method": "POST", "path": COMMITS[network]},
        {"action": "shapes", "method": "GET", "times": 0},
    ]
    stage.turn(most=1)
    control(stage.sandbox, "faults", rules)

    minutes_in_doubt(40)

    assert stage.target(post).status in ("WAITING", "UNKNOWN", "PUBLISHED")
    assert len(committed(stage.sandbox)) <= 1


def test_a_post_of_which_nothing_understandable_is_told_is_not_called_deleted(stage: Stage) -> None:
    posts = [stage.post(network, media_ids=[stage.picture().pk]) for network in COMMITS]
    stage.turn()
    control(stage.sandbox, "faults", [{"action": "shapes", "method": "GET", "times": 0}])

    for post in posts:
        measure_post(get_post(post.pk))

    assert Target.objects.filter(deleted_at=None, status="PUBLISHED").count() == 3
    assert MetricSample.objects.count() == 0


def test_an_act_that_says_it_was_not_done_is_looked_at(stage: Stage) -> None:
    post = stage.post("FACEBOOK")
    stage.fault("error", COMMITS["FACEBOOK"], status=200, body={"success": False})

    stage.turn()
    assert stage.target(post).status == "UNKNOWN"
    minutes_in_doubt(5)

    assert (stage.target(post).status, len(committed(stage.sandbox))) == ("PUBLISHED", 1)


def test_a_consent_that_is_answered_in_other_types_may_be_begun_again(stage: Stage) -> None:
    begun = connecting.begin(network="TWITTER", redirect_uri="https://club.example/callback", session="s")
    odd = {"access_token": {"value": None}, "scope": 7}
    control(
        stage.sandbox, "faults", [{"action": "error", "status": 200, "path": "oauth2/token", "body": odd}]
    )

    with pytest.raises(NetworkAway):
        connecting.finish(state=begun.state, code="code", session="s")


def test_a_token_that_comes_in_other_types_replaces_none(stage: Stage) -> None:
    before = Connection.objects.get(network="TWITTER").access_sealed
    control(stage.sandbox, "token", {"user": stage.made["x"], "action": "expire"})
    control(stage.sandbox, "faults", [{"action": "error", "status": 200, "path": "oauth2/token",
                                       "body": {"access_token": ["a"], "expires_in": "soon"}}])  # fmt: skip
    post = stage.post("TWITTER")

    stage.turn()
    kept = Connection.objects.get(network="TWITTER")
    assert (kept.access_sealed, kept.status, kept.renewing_until) == (before, "ACTIVE", None)
    stage.turn(1)

    assert stage.target(post).status == "PUBLISHED"


@pytest.mark.parametrize("action", ["shapes", "texts"])
def test_a_living_account_is_not_called_dead_by_what_nobody_understands(stage: Stage, action: str) -> None:
    control(stage.sandbox, "faults", [{"action": action, "path": "debug_token"}])

    row = connecting.check_health(stage.accounts["FACEBOOK"].pk)

    assert (row.status, row.problem) == ("ACTIVE", "")


def test_a_disconnected_account_leaves_no_post_that_waits(stage: Stage) -> None:
    alone, both = stage.post("TWITTER"), stage.post("FACEBOOK", "TWITTER", text="On both")

    connecting.disconnect(stage.accounts["TWITTER"].pk)

    assert (get_post(alone.pk).status, get_post(both.pk).status) == ("CANCELLED", "SCHEDULED")


@pytest.mark.parametrize("network", ["INSTAGRAM", "TWITTER"])
def test_a_film_that_is_prepared_for_ever_is_given_up_after_an_hour(stage: Stage, network: str) -> None:
    control(stage.sandbox, "switches", {"processing_seconds": 10**9})
    video = add_media(BytesIO(film(seconds=4)), name="round.mp4")
    post = stage.post(network, media_ids=[video.pk])

    minutes_in_doubt(75)

    target = stage.target(post)
    assert (target.status, target.problem, committed(stage.sandbox)) == ("FAILED", "NOT_PREPARED", [])
    assert Attempt.objects.filter(target=target).count() < 60
    assert not Step.objects.filter(target=target).exists()


def test_a_network_that_fails_at_every_commit_is_not_asked_for_ever(stage: Stage) -> None:
    post = stage.post("FACEBOOK")
    control(stage.sandbox, "faults", [{"action": "status_before", "path": COMMITS["FACEBOOK"], "method": "POST",
                                       "times": 0}])  # fmt: skip

    minutes_in_doubt(10)
    early = Attempt.objects.filter(target__post=post, kind="COMMIT").count()
    for _ in range(12):
        stage.turn(1)

    target = stage.target(post)
    assert (target.status, target.problem) == ("FAILED", "SERVICE_DOWN")
    assert (early, Attempt.objects.filter(target=target, kind="COMMIT").count()) == (4, 8)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (key_of, ""), (key_of, None), (key_of, True), (key_of, {"id": 1}), (key_of, 0), (key_of, 1.5),
        (flag_of, "perhaps"), (flag_of, None), (flag_of, 1), (rows_of, {}), (rows_of, {"data": "none"}),
        (rows_of, {"data": [1]}),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(read: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=r"id|yes nor no|list"):
        read(value)


def test_ids_and_truths_come_as_text_and_otherwise() -> None:
    assert (key_of("17"), key_of(17), flag_of("true"), flag_of(False)) == ("17", "17", True, False)
    assert texts_of({"a": [1, True, None, "x"]}) == {"a": ["1", "true", None, "x"]}
    assert odd_shapes_of({"id": "1", "data": []}) == {"id": {"value": None}, "data": "none"}
