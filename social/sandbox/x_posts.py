"""Posts of X: make, delete, read, count."""

from itertools import islice
from typing import Any, Final

from social.sandbox.insights import grown
from social.sandbox.store import Doc, World, x_time
from social.sandbox.wire import Answer, Request
from social.sandbox.x_errors import count_call, invalid, problem, token_of
from social.sandbox.x_text import shorten, weight

LONGEST: Final = 280
MOST_MEDIA: Final = 4
PRIVATE_SECONDS: Final = 30 * 86_400
KNOWN_KEYS: Final = frozenset(
    [
        "text",
        "media",
        "reply",
        "reply_settings",
        "poll",
        "quote_tweet_id",
        "made_with_ai",
        "paid_partnership",
        "edit_options",
        "geo",
        "for_super_followers_only",
        "direct_message_deep_link",
        "nullcast",
        "community_id",
        "card_uri",
        "share_with_followers",
    ]
)


def create(world: World, request: Request) -> Answer:
    """POST /2/tweets."""
    token = token_of(world, request, "tweet.read", "tweet.write", "users.read")
    headers = count_call(world, "POST tweets", token["user"])
    if world.switches["x_out_of_credit"]:
        raise problem(402, "CreditsDepleted", "Your account does not have enough credits", "credits-depleted")
    body = request.json if isinstance(request.json, dict) else {}
    for key in body.keys() - KNOWN_KEYS:
        raise invalid(f"[{key}] is not a valid field", **{key: [body[key]]})
    text = str(body.get("text") or "")
    given = body.get("media") or {}
    keys = [str(one) for one in given.get("media_ids") or []]
    _check(world, text, keys)
    parent = (body.get("reply") or {}).get("in_reply_to_tweet_id")
    if parent:
        _check_reply(world, token["user"], str(parent))
    with world.store.lock:
        _refuse_repeated(world, token["user"], text, parent)
        post = new_post(world, token["user"], text, keys, parent=parent)
    ids = [post["id"]]
    data = {
        "id": post["id"],
        "text": post["told"],
        "edit_history_tweet_ids": ids,
        "edit_history_post_ids": ids,
    }
    return Answer({"data": data}, 201, headers, commits=ids)


def _check(world: World, text: str, keys: list[str]) -> None:
    if not text and not keys:
        raise invalid("You must provide either text or media.")
    if weight(text) > LONGEST:
        raise problem(400, "Bad Request", "Your Tweet text is too long.", "invalid-request")
    if sum(1 for word in text.split() if word.startswith("$") and word[1:].isalpha()) > 1:
        raise problem(403, "Forbidden", "Posts are limited to a maximum of one cashtag.")
    found = [world.store.get("x_media", key) for key in keys]
    kinds = [one["type"] for one in found if one]
    if len(kinds) < len(keys) or any(
        one["until"] <= world.now() or not _is_ready(world, one) for one in found if one
    ):
        raise invalid("Your media IDs are invalid.", **{"media.media_ids": keys})
    if len(keys) > MOST_MEDIA or (len(keys) > 1 and set(kinds) != {"photo"}):
        raise invalid("Too many media.", **{"media.media_ids": keys})


def _is_ready(world: World, doc: Doc) -> bool:
    return bool(doc["finalized"] and world.now() >= doc["ready_at"])


def _check_reply(world: World, user: str, parent: str) -> None:
    post = world.store.get("x_post", parent)
    if post is None or post["user"] != user or not world.switches["x_self_reply"]:
        raise problem(403, "Forbidden", "You are not permitted to perform this action.", "client-forbidden")


def _refuse_repeated(world: World, user: str, text: str, parent: Any) -> None:
    since = world.now() - world.switches["x_duplicate_seconds"]
    for post in world.store.find("x_post", user, 100):
        if text and post["text"] == text and post["created"] > since and post["parent"] == parent:
            raise problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")


def new_post(
    world: World, user: str, text: str, keys: list[str], *, parent: Any = None, by: str = "app"
) -> Doc:
    """Write a post into the store."""
    told, urls = shorten(text)
    key = world.store.next_id()
    post = {
        "id": key,
        "user": user,
        "text": text,
        "told": told,
        "urls": urls,
        "media": keys,
        "parent": parent,
        "created": world.now(),
        "by": by,
        "commits": 1,
    }
    return world.store.put("x_post", key, post, owner=user)


def delete(world: World, request: Request, key: str) -> Answer:
    """DELETE /2/tweets/{id}."""
    token = token_of(world, request, "tweet.write")
    headers = count_call(world, "DELETE tweets", token["user"])
    post = world.store.get("x_post", key)
    if post is None:
        raise problem(404, "Not Found Error", f"Could not find tweet with id: [{key}].", "resource-not-found")
    if post["user"] != token["user"]:
        raise problem(403, "Forbidden", "You are not permitted to perform this action.", "client-forbidden")
    world.store.drop("x_post", key)
    return Answer({"data": {"deleted": True}}, headers=headers)


def me(world: World, request: Request) -> Answer:
    """GET /2/users/me."""
    token = token_of(world, request, "users.read")
    user = world.store.get("x_user", token["user"]) or {}
    headers = count_call(world, "GET me", token["user"])
    return Answer({"data": {name: user[name] for name in ("id", "name", "username")}}, headers=headers)


def timeline(world: World, request: Request, user: str) -> Answer:
    """GET /2/users/{id}/tweets, newest first, as late as lists lag."""
    token = token_of(world, request, "tweet.read")
    headers = count_call(world, "GET timeline", token["user"])
    size = request.number("max_results", 10)
    if not 5 <= size <= 100:  # noqa: PLR2004 - the protocol's own bounds
        raise invalid(
            "The `max_results` query parameter value is not between 5 and 100", max_results=[str(size)]
        )
    start = request.number("pagination_token", 0)
    seen = (post for post in world.store.newest("x_post", user) if _is_seen(world, request, post))
    rows = list(islice(seen, start + size + 1))
    page = rows[start : start + size]
    meta: Doc = {"result_count": len(page)}
    if page:
        meta |= {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
    if start + size < len(rows):
        meta["next_token"] = str(start + size)
    answer: Doc = {"meta": meta}
    if page:
        answer["data"] = [fields_of(world, request, post, token["user"]) for post in page]
    return Answer(answer, headers=headers)


def _is_seen(world: World, request: Request, post: Doc) -> bool:
    if post["created"] > world.now() - world.switches["list_lag_seconds"]:
        return False
    if "replies" in request.sequence("exclude") and post["parent"]:
        return False
    start = request.text("start_time")
    if start and x_time(post["created"])[:19] < start[:19]:
        return False
    return int(post["id"]) > request.number("since_id", 0)


def by_ids(world: World, request: Request, ids: list[str]) -> Answer:
    """GET /2/tweets?ids=: what is missing stands under `errors` of a 200."""
    token = token_of(world, request, "tweet.read")
    headers = count_call(world, "GET tweets", token["user"])
    if not 1 <= len(ids) <= 100:  # noqa: PLR2004 - the protocol's own bound
        raise invalid(
            "The number of values in the `ids` query parameter list is not between 1 and 100", ids=ids
        )
    found, errors = [], []
    for key in ids:
        post = world.store.get("x_post", key)
        if post:
            found.append(fields_of(world, request, post, token["user"]))
        else:
            errors.append(_missing(key))
    answer: Doc = {}
    if found:
        answer["data"] = found
    if errors:
        answer["errors"] = errors
    return Answer(answer, headers=headers)


def _missing(key: str) -> Doc:
    return {
        "type": "https://api.x.com/2/problems/resource-not-found",
        "title": "Not Found Error",
        "detail": f"Could not find tweet with ids: [{key}].",
        "resource_type": "tweet",
        "parameter": "ids",
        "resource_id": key,
        "value": key,
    }


def fields_of(world: World, request: Request, post: Doc, reader: str) -> Doc:
    """A post with the fields that were asked for."""
    asked = {*request.sequence("tweet.fields"), *request.sequence("post.fields")}
    views = grown(world, post)
    every: Doc = {
        "author_id": post["user"],
        "created_at": x_time(post["created"]),
        "edit_history_tweet_ids": [post["id"]],
        "entities": {"urls": post["urls"]} if post["urls"] else {},
        "public_metrics": {
            "like_count": views // 40, "reply_count": views // 300, "retweet_count": views // 200,
            "repost_count": views // 200,
            "quote_count": 0, "bookmark_count": views // 500, "impression_count": views,
        },
    }  # fmt: skip
    if post["media"]:
        every["attachments"] = {"media_keys": [f"3_{key}" for key in post["media"]]}
    if post["user"] == reader and post["created"] > world.now() - PRIVATE_SECONDS:
        every["non_public_metrics"] = {
            "impression_count": views, "url_link_clicks": views // 35, "user_profile_clicks": views // 90,
        }  # fmt: skip
    if post["parent"]:
        every["referenced_tweets"] = [{"type": "replied_to", "id": post["parent"]}]
    chosen = {name: value for name, value in every.items() if name in asked}
    return {"id": post["id"], "text": post["told"], "edit_history_tweet_ids": [post["id"]], **chosen}


def analytics(world: World, request: Request) -> Answer:
    """GET /2/tweets/analytics."""
    token = token_of(world, request, "tweet.read")
    headers = count_call(world, "GET tweets", token["user"])
    rows = []
    for key in request.sequence("ids"):
        post = world.store.get("x_post", str(key))
        if post:
            views = grown(world, post)
            metrics = {"impressions": views, "likes": views // 40, "url_clicks": views // 35}
            rows.append({"id": str(key), "timestamped_metrics": [{"metrics": metrics}]})
    return Answer({"data": rows}, headers=headers)
