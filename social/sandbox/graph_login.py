"""Facebook Login: consent, codes, short and long tokens, Pages and their tokens."""

import secrets
from html import escape
from typing import Final
from urllib.parse import urlencode

from social.sandbox.graph import (
    APP_ID,
    APP_SECRET,
    check_scope,
    graph_error,
    listing,
    token_of,
)
from social.sandbox.store import Doc, World, hash_of
from social.sandbox.wire import Answer, Request

CODE_SECONDS: Final = 600
SHORT_SECONDS: Final = 3600
LONG_SECONDS: Final = 5_183_944
DATA_ACCESS_SECONDS: Final = 90 * 86_400
FRAME: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem;color:#1c1e21}}
button{{font:inherit;padding:.6rem 1.2rem;margin:.4rem .4rem .4rem 0;border-radius:8px;border:1px solid #ccc;
background:#fff}}button.yes{{background:{tone};color:#fff;border:0}}fieldset{{border:1px solid #ddd;border-radius:8px;
margin:1rem 0}}label{{display:block;padding:.2rem 0}}small{{color:#65676b}}</style></head><body>{body}</body></html>"""


def consent_page(world: World, request: Request) -> Answer:
    """Where a person says yes or no; one form for each person that the stand-in knows."""
    if request.text("client_id") != APP_ID:
        return Answer("App not found", 400, content_type="text/plain")
    forms = "".join(_form(world, request, person) for person in reversed(world.store.find("person")))
    body = f"<h1>Log in to Facebook</h1><p><small>Stand-in of the demo. No real account is touched.</small></p>{forms}"
    return Answer(
        FRAME.format(title="Facebook (stand-in)", tone="#1877f2", body=body), content_type="text/html"
    )


def _form(world: World, request: Request, person: Doc) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(request.text(name))}">'
        for name in ("client_id", "redirect_uri", "state", "scope")
    )
    pages = "".join(
        f'<label><input type="checkbox" name="pages[{page["id"]}]" value="{page["id"]}" checked> '
        f"{escape(page['name'])}{' and its Instagram account' if page.get('instagram') else ''}</label>"
        for page in pages_of(world, person)
    )
    return (
        f'<form method="post"><fieldset><legend>{escape(person["name"])}</legend>{hidden}{pages}'
        f'<input type="hidden" name="person" value="{person["id"]}">'
        '<button class="yes" name="decision" value="yes">Continue</button>'
        '<button name="decision" value="no">Not now</button></fieldset></form>'
    )


def consent(world: World, request: Request) -> Answer:
    """The decision: back to the app with a code, or with an error."""
    target, state = request.text("redirect_uri"), request.text("state")
    if request.text("decision") != "yes":
        words = {
            "error": "access_denied",
            "error_reason": "user_denied",
            "error_description": "Permissions error",
        }
        return _redirect(target, {**words, "state": state})
    code = secrets.token_urlsafe(24)
    scopes = request.sequence("granted") or request.sequence("scope")
    world.store.put(
        "meta_code",
        hash_of(code),
        {
            "person": request.text("person"),
            "redirect_uri": target,
            "scopes": scopes,
            "pages": request.sequence("pages"),
            "until": world.now() + CODE_SECONDS,
        },
    )
    return _redirect(target, {"code": code, "state": state})


def _redirect(target: str, values: dict[str, str]) -> Answer:
    joint = "&" if "?" in target else "?"
    return Answer("", 302, {"Location": f"{target}{joint}{urlencode(values)}"}, "text/plain")


def exchange(world: World, request: Request) -> Answer:
    """`/oauth/access_token`: a code, or a short token, for a token."""
    if world.switches["tokens_away"]:
        raise graph_error(world, 2, "Service temporarily unavailable", status=503, is_transient=True)
    if request.text("client_id") != APP_ID or request.text("client_secret") != APP_SECRET:
        raise graph_error(world, 101, "Error validating client secret.")
    if request.text("grant_type") == "fb_exchange_token":
        return _lengthen(world, request)
    if request.text("grant_type") == "client_credentials":
        return Answer({"access_token": f"{APP_ID}|{APP_SECRET}", "token_type": "bearer"})
    return _redeem(world, request)


def _redeem(world: World, request: Request) -> Answer:
    key = hash_of(request.text("code"))
    with world.store.lock:
        code = world.store.get("meta_code", key)
        world.store.drop("meta_code", key)
    if code is None or code["until"] < world.now():
        raise graph_error(world, 100, "This authorization code has been used or has expired.", subcode=36009)
    if code["redirect_uri"] != request.text("redirect_uri"):
        raise graph_error(world, 100, "Error validating verification code.", subcode=36008)
    made = make_token(world, code, SHORT_SECONDS)
    return Answer({"access_token": made, "token_type": "bearer", "expires_in": SHORT_SECONDS})


def _lengthen(world: World, request: Request) -> Answer:
    given = request.text("fb_exchange_token")
    request.params["access_token"] = given
    request.headers.pop("authorization", None)
    token = token_of(world, request)
    made = make_token(world, token, LONG_SECONDS)
    return Answer({"access_token": made, "token_type": "bearer", "expires_in": LONG_SECONDS})


def make_token(world: World, granted: Doc, seconds: float, page: str | None = None) -> str:
    """A new token of what a person granted, of a Page where one is named (`seconds` 0: without an end)."""
    person = granted["person"]
    token = f"EAA{'P' if page else 'U'}{secrets.token_urlsafe(48)}"
    doc = {
        "kind": "page" if page else "user",
        "person": person,
        "scopes": granted["scopes"],
        "pages": granted["pages"],
        "page": page,
        "is_long": seconds == LONG_SECONDS,
        "expires_at": world.now() + seconds if seconds else 0,
        "data_access_expires_at": world.now() + DATA_ACCESS_SECONDS,
    }
    world.store.put("meta_token", hash_of(token), doc, owner=person)
    return token


def pages_of(world: World, person: Doc) -> list[Doc]:
    """The Pages on which a person has a role."""
    found = (
        world.store.get("page", key) for key in person["pages"] if key not in person.get("lost_pages", [])
    )
    return [page for page in found if page]


def accounts(world: World, request: Request, *, path: str = "me/accounts", portfolio: bool = False) -> Answer:
    """The Pages that were ticked, each with a token; of a portfolio's person `/me/accounts` is empty."""
    token = token_of(world, request)
    check_scope(world, token, "pages_show_list")
    person = world.store.get("person", token["person"]) or {}
    rows = []
    if bool(person.get("business")) == portfolio:
        for page in pages_of(world, person):
            if page["id"] in token["pages"]:
                rows.append(_account(world, token, page))
    return Answer(listing(world, request, path, rows))


def _account(world: World, token: Doc, page: Doc) -> Doc:
    seconds = 0 if token["is_long"] else SHORT_SECONDS
    made = make_token(world, token, seconds, page["id"])
    return {
        "access_token": made,
        "category": "Golf Course & Country Club",
        "category_list": [{"id": "109527622457518", "name": "Golf Course & Country Club"}],
        "name": page["name"],
        "id": page["id"],
        "tasks": page.get(
            "tasks", ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]
        ),
    }


def businesses(world: World, request: Request) -> Answer:
    """The portfolios of a person."""
    token = token_of(world, request)
    check_scope(world, token, "business_management")
    person = world.store.get("person", token["person"]) or {}
    rows = (
        [{"id": person["business"], "name": f"{person['name']} portfolio"}] if person.get("business") else []
    )
    return Answer(listing(world, request, "me/businesses", rows))


def me(world: World, request: Request) -> Answer:
    """Whose token this is."""
    token = token_of(world, request)
    if token["kind"] == "page":
        page = world.store.get("page", token["page"]) or {}
        return Answer({"id": page["id"], "name": page["name"]})
    person = world.store.get("person", token["person"]) or {}
    return Answer({"id": person["id"], "name": person["name"]})


def inspect(world: World, request: Request) -> Answer:
    """`/debug_token`."""
    if request.bearer != f"{APP_ID}|{APP_SECRET}":
        token_of(world, request)
    token = world.store.get("meta_token", hash_of(request.text("input_token")))
    if token is None:
        return Answer(
            {"data": {"is_valid": False, "error": {"code": 190, "message": "Invalid OAuth access token"}}}
        )
    person = world.store.get("person", token["person"]) or {}
    is_dead = bool(token.get("dead") or person.get("dead"))
    granted = [scope for scope in token["scopes"] if scope not in person.get("dropped_scopes", [])]
    data = {
        "app_id": APP_ID,
        "type": token["kind"].upper(),
        "application": "Clubhouse",
        "is_valid": not is_dead and not (token["expires_at"] and token["expires_at"] <= world.now()),
        "expires_at": int(token["expires_at"]),
        "data_access_expires_at": int(token["data_access_expires_at"]),
        "scopes": granted,
        "granular_scopes": [{"scope": scope, "target_ids": token["pages"]} for scope in granted],
        "user_id": token["person"],
    }
    return Answer({"data": data | ({"profile_id": token["page"]} if token["page"] else {})})


def withdraw(world: World, request: Request) -> Answer:
    """`DELETE /me/permissions`: the app is removed, every token of the person dies."""
    token = token_of(world, request)
    person = world.store.get("person", token["person"]) or {}
    for page in token["pages"]:
        world.store.drop("subscription", page)
    kill_tokens(world, person["id"], 458)
    return Answer({"success": True})


def kill_tokens(world: World, person: str, subcode: int) -> None:
    """Every token of a person dies of this subcode."""
    with world.store.lock:
        for key in world.store.keys("meta_token", person):
            token = world.store.get("meta_token", key) or {}
            world.store.put("meta_token", key, token | {"dead": subcode}, owner=person)
