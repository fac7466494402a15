"""Posts, promotions and numbers by REST and GraphQL."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from social.measuring import measure_post
from social.models import Post, Promotion
from tests import factories
from tests.social.publishing import Stage, connect, file_server, stage
from tests.social.sandboxes import control, sandbox
from tests.social.test_promoting import CUP

__all__ = ["connect", "file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
Ask = Callable[..., Any]


@pytest.fixture
def key(stage: Stage) -> dict[str, str]:
    """A service that may publish."""
    return {"X-API-Key": factories.api_key(stage.club.tenant, scopes=["crm:social"])}


def post(path: str, key: dict[str, str], body: Any = None, **headers: str) -> Any:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client().post(f"/api/v1{path}", body or {}, "application/json", headers={**key, **more})


def ask(key: dict[str, str], query: str, **variables: Any) -> Any:
    answer = (
        Client()
        .post("/graphql", {"query": query, "variables": variables}, "application/json", headers=key)
        .json()
    )
    assert "errors" not in answer, answer
    return answer["data"]


def test_the_same_call_with_the_same_key_makes_one_post_and_publishes_it_once(
    stage: Stage, key: dict[str, str]
) -> None:
    body = {"text": "Open", "connectionIds": [str(stage.accounts["TWITTER"].pk)]}
    name = uuid4().hex

    first, again = (post("/social/posts", key, body, Idempotency_Key=name) for _ in range(2))
    made = first.json()["id"]
    published = [post(f"/social/posts/{made}/publish", key, Idempotency_Key=f"p{name}") for _ in range(2)]
    stage.turn()

    assert (first.status_code, again.json()["id"], Post.objects.count()) == (201, made, 1)
    assert [answer.status_code for answer in published] == [202, 202]
    assert len(stage.seen("x")) == 1


def test_thirty_publishes_a_minute(stage: Stage, key: dict[str, str], one_minute: None) -> None:
    codes = [post(f"/social/posts/{uuid4()}/publish", key).status_code for _ in range(31)]

    assert codes == [404] * 30 + [429]
    last = post(f"/social/posts/{uuid4()}/publish", key)
    assert (last.status_code, int(last.headers["Retry-After"]) > 0) == (429, True)


def test_analytics_tell_what_networks_told_and_null_for_the_rest(stage: Stage, key: dict[str, str]) -> None:
    made = stage.post("FACEBOOK", "TWITTER")
    stage.turn()
    control(stage.sandbox, "clock", {"advance": 7200})
    measure_post(made)

    rest = Client().get("/api/v1/analytics/social", headers=key).json()
    told = ask(key, "query { socialAnalytics }")["socialAnalytics"]

    rows = {row["platform"]: row for row in rest["byPlatform"]}
    assert (rest["planned"], rest["byStatus"]) == (2, {"PUBLISHED": 2})
    assert rows["TWITTER"]["reach"] is None
    assert rows["FACEBOOK"]["views"] > 0
    assert told["byPlatform"] == rest["byPlatform"]
    since = Client().get("/api/v1/analytics/social?since=2090-01-01T00:00:00Z", headers=key)
    assert since.status_code in (200, 422)


def test_a_post_lives_its_life_through_graphql(stage: Stage, key: dict[str, str]) -> None:
    accounts = ask(key, "{ socialConnections { id platform status health } }")["socialConnections"]
    x = next(one["id"] for one in accounts if one["platform"] == "TWITTER")

    made = ask(
        key,
        "mutation($input: GenericScalar!) { createSocialPost(input: $input) { id status } }",
        input={"text": "Open", "connectionIds": [x]},
    )["createSocialPost"]
    ask(key, "mutation($id: ID!) { publishSocialPost(id: $id) { status } }", id=made["id"])
    stage.turn()
    seen = ask(key, "{ socialPosts { id status } }")["socialPosts"]
    ask(key, "mutation($id: ID!) { syncSocialEngagement(id: $id) { id } }", id=made["id"])

    assert (made["status"], seen) == ("DRAFT", [{"id": made["id"], "status": "PUBLISHED"}])
    assert len(stage.seen("x")) == 1


def test_a_promotion_lives_its_life_through_graphql(stage: Stage, key: dict[str, str]) -> None:
    event = {name: value for name, value in CUP.items() if name != "id"}
    values = {"sourceType": "CLUB_EVENT", "sourceId": "party", "event": event, "channels": ["POST"]}

    made = ask(
        key, "mutation($input: GenericScalar!) { createPromotion(input: $input) { id status } }", input=values
    )["createPromotion"]
    changed = "mutation($id: ID!, $input: GenericScalar!) { updatePromotion(id: $id, input: $input) { id } }"
    ask(key, changed, id=made["id"], input={"reminderDays": [2]})
    ask(key, "mutation($id: ID!) { approvePromotion(id: $id) { status } }", id=made["id"])
    running = ask(key, "{ eventPromotions { id status } }")["eventPromotions"]
    ask(key, "mutation($id: ID!) { cancelPromotion(id: $id) { status } }", id=made["id"])

    assert running == [{"id": made["id"], "status": "ACTIVE"}]
    assert Promotion.objects.get().status == "CANCELLED"
    assert not Post.objects.filter(status="SCHEDULED").exists()


def test_a_draft_is_written_anew_and_a_post_that_is_out_is_changed_answered_and_deleted(
    stage: Stage, key: dict[str, str]
) -> None:
    made = stage.post("FACEBOOK", text="Opn at 9")
    draft = ask(
        key,
        "mutation($input: GenericScalar!) { createSocialPost(input: $input) { id } }",
        input={"text": "One"},
    )["createSocialPost"]
    again = "mutation($id: ID!, $input: GenericScalar!) { updateSocialPost(id: $id, input: $input) { text } }"
    stage.turn()
    where = {"id": str(made.pk), "target": str(stage.target(made).pk)}

    def there(act: str, text: str | None = None) -> Any:
        declared, given = (", $text: String!", ", text: $text") if text else ("", "")
        query = (
            f"mutation($id: ID!, $target: ID!{declared}) {{ {act}(id: $id, targetId: $target{given})"
            " { status deletedAt } }"
        )
        return ask(key, query, **where, **({"text": text} if text else {}))[act]

    edited, replied = there("editPublishedPost", "Open at 9"), there("replyToPublishedPost", "Come early")
    (seen,) = stage.seen("facebook")
    deleted = there("deletePublishedPost")

    assert ask(key, again, id=draft["id"], input={"text": "Two"})["updateSocialPost"] == {"text": "Two"}
    assert (seen["message"], [one["message"] for one in seen["comments"]]) == ("Open at 9", ["Come early"])
    assert (edited["status"], replied["deletedAt"]) == ("PUBLISHED", None)
    assert deleted["deletedAt"] is not None
    assert stage.seen("facebook") == []


def test_what_a_network_has_no_act_for_is_refused_over_rest_with_words(
    stage: Stage, key: dict[str, str]
) -> None:
    made = stage.post("TWITTER", text="Opn at 9")
    path = f"/social/posts/{made.pk}/targets/{stage.target(made).pk}"
    stage.turn()

    edit = post(f"{path}/edit", key, {"text": "Open at 9"})
    silent = post(f"{path}/reply", key, {})
    reply = post(f"{path}/reply", key, {"text": "Come early"})
    unknown = post(f"{path}/like", key)
    gone = post(f"{path}/delete", key)

    assert (edit.status_code, edit.json()["error"]["code"]) == (409, "NOT_POSSIBLE")
    assert "X lets only paying accounts change a post" in edit.json()["error"]["message"]
    assert (silent.status_code, unknown.status_code) == (422, 404)
    assert (reply.status_code, gone.status_code, gone.json()["deletedAt"] is not None) == (200, 200, True)


def test_a_deletion_without_an_answer_is_said_and_may_be_asked_for_again(
    stage: Stage, key: dict[str, str]
) -> None:
    made = stage.post("FACEBOOK", text="Open at 9")
    path = f"/social/posts/{made.pk}/targets/{stage.target(made).pk}/delete"
    stage.turn()
    control(stage.sandbox, "faults", [{"action": "cut_after", "method": "DELETE"}])

    away, done = post(path, key), post(path, key)

    assert (away.status_code, done.status_code) == (503, 200)
    assert "Look there first" in away.json()["error"]["message"]
