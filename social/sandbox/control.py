"""The levers of the stand-in: clock, switches, faults, tokens, people, and what it wrote down."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.request import Request as Call
from urllib.request import urlopen

from social.sandbox import instagram, pages, x_posts
from social.sandbox.faults import FaultPlan
from social.sandbox.graph import APP_SECRET
from social.sandbox.graph_login import kill_tokens
from social.sandbox.store import SWITCHES, Doc, World
from social.sandbox.wire import Answer, Request
from social.sandbox.x_login import CLIENT_SECRET

DEATHS: Final = {"expire": 463, "password": 460, "revoke": 458, "checkpoint": 459, "unconfirmed": 464}
POSTS: Final = {"facebook": "post", "instagram": "ig_media", "x": "x_post"}
WEBHOOK_SECONDS: Final = 10


def answer(world: World, faults: FaultPlan, request: Request, path: str) -> Answer:
    """Answer a call of the control."""
    body: Any = request.json if request.json is not None else {}
    if path == "faults":
        faults.replace(body)
        return Answer({"rules": len(body)})
    if path not in ACTS:
        return Answer({"error": f"unknown: {path}"}, 404)
    if path == "reset":
        faults.replace([])
    return Answer(pull(world, path, body or dict(request.params)))


def pull(world: World, path: str, body: Any) -> Any:
    """Pull one lever."""
    return ACTS[path](world, body)


def _clock(world: World, body: Doc) -> Doc:
    world.offset += float(body.get("advance", 0))
    if "set" in body:
        world.offset += float(body["set"]) - world.now()
    return {"now": world.now()}


def _switches(world: World, body: Doc) -> Doc:
    unknown = body.keys() - SWITCHES.keys()
    if unknown:
        return {"error": f"unknown: {', '.join(sorted(unknown))}"}
    world.switches.update(body)
    return world.switches


def _ledger(world: World, body: Doc) -> Doc:
    return {"calls": world.store.ledger(int(body.get("after", 0)))}


def _posts(world: World, body: Doc) -> Doc:
    kind = POSTS[body["network"]]
    return {"posts": world.store.find(kind, body.get("account"))}


def _find(world: World, body: Doc) -> Doc:
    return {"docs": world.store.find(body["kind"], body.get("owner"))}


def _reset(world: World, body: Doc) -> Doc:
    world.store.clear()
    world.switches.clear()
    world.switches.update(SWITCHES)
    world.offset = 0.0
    return {"ok": True}


def make_account(world: World, body: Doc) -> Doc:
    """A person with a Page for each name (or one), an Instagram account on each, and an X account.

    Asked for again under the same name, it gives what is there.
    """
    name = str(body["name"])
    known = next((one for one in world.store.find("person") if one["name"] == name), None)
    if known:
        return dict(known["made"])
    made: Doc = {"person": world.store.next_id(), "pages": [], "instagram": [], "x": world.store.next_id()}
    handle = "".join(letter for letter in name.lower() if letter.isalnum())[:15]
    for page_name in body.get("pages", [name]):
        _make_page(world, made, page_name, handle, with_instagram=body.get("instagram", True))
    user = {"id": made["x"], "name": name, "username": handle}
    world.store.put("x_user", made["x"], user)
    business = world.store.next_id() if body.get("portfolio") else None
    if business:
        world.store.put("business", business, {"id": business})
    person = {"id": made["person"], "name": name, "pages": made["pages"], "business": business, "made": made}
    world.store.put("person", made["person"], person)
    return made


def _make_page(world: World, made: Doc, name: str, handle: str, *, with_instagram: bool) -> None:
    page: Doc = {"id": world.store.next_id(), "name": name, "username": handle, "instagram": None}
    if with_instagram:
        page["instagram"] = world.store.next_id()
        made["instagram"].append(page["instagram"])
        account = {"id": page["instagram"], "page": page["id"], "username": handle, "name": name}
        world.store.put("instagram", account["id"], account)
    world.store.put("page", page["id"], page)
    made["pages"].append(page["id"])


def _spoil(world: World, body: Doc) -> Doc:
    """Containers of Instagram that were ready, and are not published, cannot be published any more."""
    for doc in world.store.find("container", body.get("account")):
        if not doc["media"]:
            spoilt = doc | {"error": "Error: the media could not be processed. 2207053"}
            world.store.put("container", doc["id"], spoilt, owner=doc["account"])
    return {"ok": True}


def _token(world: World, body: Doc) -> Doc:
    """Something happens to the tokens of a person (`person`) or of an X account (`user`)."""
    action = body["action"]
    if "user" in body:
        user = world.store.get("x_user", body["user"]) or {}
        changes: Doc = {"revoke": {"revoked": True}, "suspend": {"suspended": True}, "mend": {}}.get(
            action, {}
        )
        if action == "mend":
            changes = {"revoked": False, "suspended": False, "dropped_scopes": []}
        elif action == "drop_scope":
            changes = {"dropped_scopes": [*user.get("dropped_scopes", []), body["scope"]]}
        elif action == "expire":
            _expire_x(world, body["user"])
        world.store.put("x_user", body["user"], user | changes)
        return {"ok": True}
    person = world.store.get("person", body["person"]) or {}
    if action in DEATHS:
        kill_tokens(world, person["id"], DEATHS[action])
    elif action == "drop_scope":
        person["dropped_scopes"] = [*person.get("dropped_scopes", []), body["scope"]]
    elif action == "lose_page":
        person["lost_pages"] = [*person.get("lost_pages", []), body["page"]]
    elif action == "close_data_access":
        for key in world.store.keys("meta_token", person["id"]):
            token = world.store.get("meta_token", key) or {}
            world.store.put("meta_token", key, token | {"data_access_expires_at": world.now()})
    world.store.put("person", person["id"], person)
    return {"ok": True}


def _expire_x(world: World, user: str) -> None:
    for key in world.store.keys("x_token", user):
        token = world.store.get("x_token", key) or {}
        world.store.put("x_token", key, token | {"until": 0})


def _act_as_person(world: World, body: Doc) -> Doc:
    """Post, edit or delete on the network itself: look-alikes, and changes outside the platform."""
    network, action = body["network"], body["action"]
    kind = POSTS[network]
    if action == "post":
        return _post_as_person(world, network, body)
    doc = world.store.get(kind, body["id"])
    if doc is None:
        return {"error": "not found"}
    if action == "delete":
        world.store.drop(kind, body["id"])
    elif action == "edit":
        field = {"facebook": "message", "instagram": "caption", "x": "text"}[network]
        world.store.put(kind, body["id"], doc | {field: body["text"], "told": body["text"]})
    return {"ok": True}


def _post_as_person(world: World, network: str, body: Doc) -> Doc:
    if network == "facebook":
        page = world.store.get("page", body["account"]) or {}
        draft = {"message": body["text"], "link": "", "photos": [], "status_type": "mobile_status_update"}
        return pages.new_post(world, page, draft, True, by="person")
    if network == "instagram":
        account = world.store.get("instagram", body["account"]) or {}
        container = {"kind": "IMAGE", "caption": body["text"], "children": [], "pictures": []}
        return instagram.new_media(world, account, container, by="person")
    return x_posts.new_post(world, body["account"], body["text"], [], by="person")


def _webhook(world: World, body: Doc) -> Doc:
    """Send a signed event to an address, as Meta (`meta`) or X (`x`) does, or ask its CRC question."""
    if body.get("crc"):
        return _ask_crc(body["url"])
    # Meta signs what is not ASCII as \\uXXXX in lower case, which is how json writes it.
    raw = json.dumps(body["event"]).encode()
    if body["network"] == "x":
        digest = base64.b64encode(hmac.new(CLIENT_SECRET.encode(), raw, hashlib.sha256).digest()).decode()
        header = {"x-twitter-webhooks-signature": f"sha256={digest}"}
    else:
        header = {
            "X-Hub-Signature-256": "sha256=" + hmac.new(APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()
        }
    call = Call(body["url"], raw, {"Content-Type": "application/json", **header})  # noqa: S310 - a test's receiver
    with urlopen(call, timeout=WEBHOOK_SECONDS) as answer:  # noqa: S310 - as above
        return {"status": answer.status}


def _ask_crc(url: str) -> Doc:
    question = hashlib.sha256(url.encode()).hexdigest()[:20]
    with urlopen(f"{url}?crc_token={question}", timeout=WEBHOOK_SECONDS) as answer:  # noqa: S310 - as above
        given = json.load(answer).get("response_token")
    digest = hmac.new(CLIENT_SECRET.encode(), question.encode(), hashlib.sha256).digest()
    return {"ok": given == "sha256=" + base64.b64encode(digest).decode()}


ACTS: Final[dict[str, Callable[[World, Any], Any]]] = {
    "clock": _clock, "switches": _switches, "ledger": _ledger, "posts": _posts, "account": make_account,
    "token": _token, "person": _act_as_person, "reset": _reset, "webhook": _webhook, "find": _find,
    "spoil_containers": _spoil,
}  # fmt: skip
