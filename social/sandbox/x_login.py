"""OAuth 2.0 of X: consent with PKCE, codes that live 30 seconds, tokens that rotate."""

import base64
import hashlib
import secrets
from html import escape
from typing import Final

from social.sandbox.graph_login import FRAME, _redirect
from social.sandbox.store import Doc, World, hash_of
from social.sandbox.wire import Answer, Refusal, Request

CLIENT_ID: Final = "sandbox-x-client"
CLIENT_SECRET: Final = "sandbox-x-secret"  # noqa: S105 - of the stand-in, known to everybody
CODE_SECONDS: Final = 30
ACCESS_SECONDS: Final = 7200
REFRESH_SECONDS: Final = 183 * 86_400
LONGEST_STATE: Final = 500
HIDDEN: Final = ("client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method")


def oauth_error(code: str, words: str, status: int = 400) -> Refusal:
    """The shape of RFC 6749."""
    return Refusal(Answer({"error": code, "error_description": words}, status))


def consent_page(world: World, request: Request) -> Answer:
    """One form for each account."""
    if request.text("client_id") != CLIENT_ID or request.text("response_type") != "code":
        return Answer(
            "Something went wrong. You weren’t able to give access to the App.",
            400,
            content_type="text/plain",
        )
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(request.text(name))}">' for name in HIDDEN
    )
    forms = "".join(
        f'<form method="post"><fieldset><legend>@{escape(user["username"])}</legend>{hidden}'
        f'<input type="hidden" name="user" value="{user["id"]}">'
        '<button class="yes" name="decision" value="yes">Authorize app</button>'
        '<button name="decision" value="no">Cancel</button></fieldset></form>'
        for user in reversed(world.store.find("x_user"))
    )
    body = (
        f"<h1>Log in to X</h1><p><small>Stand-in of the demo. No real account is touched.</small></p>{forms}"
    )
    return Answer(FRAME.format(title="X (stand-in)", tone="#0f1419", body=body), content_type="text/html")


def consent(world: World, request: Request) -> Answer:
    """The decision."""
    target, state = request.text("redirect_uri"), request.text("state")
    if len(state) > LONGEST_STATE:
        return Answer("state is too long", 400, content_type="text/plain")
    if request.text("decision") != "yes":
        return _redirect(target, {"error": "access_denied", "state": state})
    code = secrets.token_urlsafe(32)
    doc = {name: request.text(name) for name in (*HIDDEN, "user")} | {"until": world.now() + CODE_SECONDS}
    world.store.put("x_code", hash_of(code), doc)
    return _redirect(target, {"state": state, "code": code})


def token(world: World, request: Request) -> Answer:
    """POST /2/oauth2/token."""
    if world.switches["tokens_away"]:
        return Answer(
            {"title": "Service Unavailable", "status": 503, "detail": "", "type": "about:blank"}, 503
        )
    _check_client(request)
    grant = request.text("grant_type")
    if grant == "authorization_code":
        return _redeem(world, request)
    if grant == "refresh_token":
        return _rotate(world, request)
    raise oauth_error("unsupported_grant_type", "Missing or unknown grant type.")


def _check_client(request: Request) -> None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(value).decode()
        except ValueError:
            given = ""
        if given != f"{CLIENT_ID}:{CLIENT_SECRET}":
            raise oauth_error("unauthorized_client", "Missing valid authorization header", 401)
    elif request.text("client_id") != CLIENT_ID:
        raise oauth_error("invalid_client", "Value passed for the client was invalid.", 401)


def _redeem(world: World, request: Request) -> Answer:
    key = hash_of(request.text("code"))
    with world.store.lock:
        code = world.store.get("x_code", key)
        world.store.drop("x_code", key)
    if code is None or code["until"] < world.now():
        raise oauth_error("invalid_request", "Value passed for the authorization code was invalid.")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(request.text("code_verifier").encode()).digest())
    if challenge.decode().rstrip("=") != code["code_challenge"]:
        raise oauth_error(
            "invalid_request", "Value passed for the code verifier did not match the code challenge."
        )
    if code["redirect_uri"] != request.text("redirect_uri"):
        raise oauth_error("invalid_request", "Value passed for the redirect uri did not match.")
    return Answer(make_pair(world, code["user"], code["scope"]))


def _rotate(world: World, request: Request) -> Answer:
    key = hash_of(request.text("refresh_token"))
    with world.store.lock:
        found = world.store.get("x_refresh", key)
        world.store.drop("x_refresh", key)
    if found is None or found["until"] < world.now():
        raise oauth_error("invalid_request", "Value passed for the token was invalid.")
    return Answer(make_pair(world, found["user"], found["scope"]))


def make_pair(world: World, user: str, scope: str) -> Doc:
    """A new access token, and a refresh token where the scope allows one."""
    access, refresh = secrets.token_urlsafe(60), secrets.token_urlsafe(60)
    doc = {"user": user, "scope": scope, "until": world.now() + ACCESS_SECONDS}
    world.store.put("x_token", hash_of(access), doc, owner=user)
    pair = {"token_type": "bearer", "expires_in": ACCESS_SECONDS, "access_token": access, "scope": scope}
    if "offline.access" in scope.split():
        until = world.now() + REFRESH_SECONDS
        world.store.put("x_refresh", hash_of(refresh), doc | {"until": until}, owner=user)
        pair["refresh_token"] = refresh
    world.store.put(
        "x_renewals", user, {"count": (world.store.get("x_renewals", user) or {"count": 0})["count"] + 1}
    )
    return pair


def revoke(world: World, request: Request) -> Answer:
    """POST /2/oauth2/revoke."""
    _check_client(request)
    key = hash_of(request.text("token"))
    for kind in ("x_token", "x_refresh"):
        world.store.drop(kind, key)
    return Answer({"revoked": True})
