"""Instagram Login: consent of an account itself, tokens of an hour and of 60 days, their renewal."""

import secrets
from html import escape
from typing import Final

from social.sandbox import graph_routes
from social.sandbox.graph import PERMISSION, check_proof_of, graph_error, token_of
from social.sandbox.graph_login import DATA_ACCESS_SECONDS, FRAME, _redirect
from social.sandbox.store import Doc, World, hash_of
from social.sandbox.wire import Answer, Refusal, Request

APP_ID: Final = "1300000000000001"
APP_SECRET: Final = "sandbox-instagram-secret"  # noqa: S105 - of the stand-in, known to everybody
CODE_SECONDS: Final = 3600
SHORT_SECONDS: Final = 3600
LONG_SECONDS: Final = 60 * 86_400
YOUNGEST: Final = 86_400
HIDDEN: Final = ("client_id", "redirect_uri", "state", "scope")
# What each permission of Facebook Login is called here.
SCOPES: Final = {
    "instagram_business_basic": "instagram_basic",
    "instagram_business_content_publish": "instagram_content_publish",
    "instagram_business_manage_insights": "instagram_manage_insights",
    "instagram_business_manage_comments": "instagram_manage_comments",
}


def consent_page(world: World, request: Request) -> Answer:
    """One form for each account."""
    if request.text("client_id") != APP_ID or request.text("response_type") != "code":
        return Answer("Invalid platform app", 400, content_type="text/plain")
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(request.text(name))}">' for name in HIDDEN
    )
    forms = "".join(
        f'<form method="post"><fieldset><legend>@{escape(one["username"])} · {escape(one["name"])}</legend>{hidden}'
        f'<input type="hidden" name="account" value="{one["id"]}">'
        '<button class="yes" name="decision" value="yes">Allow</button>'
        '<button name="decision" value="no">Cancel</button></fieldset></form>'
        for one in reversed(world.store.find("instagram"))
    )
    body = f"<h1>Log in to Instagram</h1><p><small>Stand-in of the demo. No real account is touched.</small></p>{forms}"
    return Answer(
        FRAME.format(title="Instagram (stand-in)", tone="#c13584", body=body), content_type="text/html"
    )


def consent(world: World, request: Request) -> Answer:
    """The decision: back to the app with a code on which `#_` hangs, or with an error."""
    target, state = request.text("redirect_uri"), request.text("state")
    if request.text("decision") != "yes":
        words = {"error": "access_denied", "error_reason": "user_denied", "error_description": "No"}
        return _redirect(target, {**words, "state": state})
    code = secrets.token_urlsafe(32)
    doc = {
        "account": request.text("account"),
        "redirect_uri": target,
        "scopes": request.sequence("granted") or request.sequence("scope"),
        "until": world.now() + CODE_SECONDS,
    }
    world.store.put("ig_code", hash_of(code), doc)
    answer = _redirect(target, {"code": code, "state": state})
    answer.headers["Location"] += "#_"
    return answer


def redeem(world: World, request: Request) -> Answer:
    """POST /oauth/access_token: a code, once, for a token of an hour."""
    if world.switches["tokens_away"]:
        raise graph_error(world, 2, "Service temporarily unavailable", status=503, is_transient=True)
    if request.text("client_id") != APP_ID or request.text("client_secret") != APP_SECRET:
        raise _refused(400, "Error validating client secret.")
    key = hash_of(request.text("code"))
    with world.store.lock:
        code = world.store.get("ig_code", key)
        world.store.drop("ig_code", key)
    if code is None or code["until"] < world.now():
        raise _refused(400, "This authorization code has been used")
    if code["redirect_uri"] != request.text("redirect_uri"):
        raise _refused(
            400, "Error validating verification code. Please make sure your redirect_uri is identical"
        )
    token = _make(world, code, SHORT_SECONDS)
    told: Doc = {"access_token": token, "user_id": code["account"], "permissions": code["scopes"]}
    if world.switches["instagram_token_in_data"]:
        told = {"data": [told | {"permissions": ",".join(code["scopes"])}]}
    return Answer(told)


def answer(world: World, request: Request, path: str) -> Answer:
    """Instagram's own Graph: exchanges, renewal, who one is; the rest is the Graph that Facebook Login has, too."""
    if (
        request.method == "POST"
        and "method" in request.params
        and path in ("access_token", "refresh_access_token")
    ):
        if world.switches["instagram_token_get_only"]:
            raise graph_error(world, 100, "Unsupported post request.", subcode=33)
        request.method = str(request.params.pop("method")).upper()
    if path == "access_token":
        return _lengthen(world, request)
    if path == "refresh_access_token":
        return _renew(world, request)
    token = own_token(world, request)
    if path.rpartition("/")[2] == "me":
        return _me(world, token)
    return graph_routes.answer(world, request, path)


def own_token(world: World, request: Request) -> Doc:
    """A living token of Instagram Login, proved by that app's secret."""
    check_proof_of(world, request, APP_SECRET)
    request.params.pop("appsecret_proof", None)
    token = token_of(world, request)
    if token["kind"] != "instagram":
        raise graph_error(world, 190, "Invalid OAuth access token.", subcode=467)
    return token


def _lengthen(world: World, request: Request) -> Answer:
    if request.text("client_secret") != APP_SECRET or request.text("grant_type") != "ig_exchange_token":
        raise graph_error(world, 101, "Error validating client secret.")
    token = own_token(world, request)
    if token["is_long"]:
        raise graph_error(world, 452, "Session key invalid")
    return _long(world, token)


def _renew(world: World, request: Request) -> Answer:
    if request.text("grant_type") != "ig_refresh_token":
        raise graph_error(world, 100, "Invalid grant_type")
    if world.switches["tokens_away"]:
        raise graph_error(world, 2, "Service temporarily unavailable", status=503, is_transient=True)
    token = own_token(world, request)
    if not token["is_long"] or world.now() - token["made"] < YOUNGEST:
        raise graph_error(world, 100, "The access token must be long-lived and at least 24 hours old")
    return _long(world, token)


def _long(world: World, token: Doc) -> Answer:
    """Another token; the end of the access to data stays: only a person's log-in moves it."""
    made = _make(world, token, LONG_SECONDS, data_access=token["data_access_expires_at"])
    return Answer({"access_token": made, "token_type": "bearer", "expires_in": LONG_SECONDS})


def _make(world: World, granted: Doc, seconds: float, data_access: float | None = None) -> str:
    token = f"IGAA{secrets.token_urlsafe(48)}"
    doc = {
        "kind": "instagram",
        "account": granted["account"],
        "person": granted["account"],
        "scopes": [SCOPES.get(one, one) for one in granted["scopes"]],
        "pages": [],
        "page": None,
        "is_long": seconds == LONG_SECONDS,
        "made": world.now(),
        "expires_at": world.now() + seconds,
        "data_access_expires_at": data_access or world.now() + DATA_ACCESS_SECONDS,
    }
    world.store.put("meta_token", hash_of(token), doc, owner=granted["account"])
    return token


def _me(world: World, token: Doc) -> Answer:
    account = world.store.get("instagram", token["account"]) or {}
    if "instagram_basic" not in token["scopes"]:
        raise graph_error(world, PERMISSION, "Requires instagram_business_basic permission", status=403)
    return Answer(
        {
            "id": f"9{account['id'][1:]}",
            "user_id": account["id"],
            "username": account["username"],
            "name": account["name"],
            "account_type": account.get("account_type", "BUSINESS"),
        }
    )


def _refused(code: int, words: str) -> Refusal:
    """The token endpoint's own envelope."""
    return Refusal(Answer({"error_type": "OAuthException", "code": code, "error_message": words}, code))
