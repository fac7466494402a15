"""Instagram Login: consent without a Facebook Page, and tokens of 60 days that are renewed while they live."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from social.networks.addresses import addresses, instagram_app
from social.networks.calling import Answer, CallFailed, call
from social.networks.errors import Effect, Verdict, meta_verdict, verdict
from social.networks.meta import graph
from social.networks.shapes import check_pair

LOGIN: Final = "INSTAGRAM"
SCOPES: Final = (
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_insights",
    "instagram_business_manage_comments",
)
NEEDED: Final = frozenset(SCOPES[:2])
PROFESSIONAL: Final = frozenset({"BUSINESS", "MEDIA_CREATOR"})


def consent_url(*, redirect_uri: str, state: str, again: bool = False) -> str:
    """Where the person says yes; `again`: with another log-in than the one that the browser has."""
    query = {
        "client_id": instagram_app().client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": ",".join(SCOPES),
        "state": state,
    }
    if again:
        query["force_reauth"] = "true"
    return f"{addresses().instagram_consent}?{urlencode(query)}"


def short_token(*, code: str, redirect_uri: str) -> dict[str, Any]:
    """A code for a token of an hour with `user_id` and `permissions` (a list); raises CallFailed."""
    app = instagram_app()
    form = {
        "client_id": app.client_id,
        "client_secret": app.secret,
        "grant_type": "authorization_code",
        "redirect_uri": redirect_uri,
        # The network hangs a fragment on the address that sends the person back.
        "code": code.removesuffix("#_"),
    }
    body = call("POST", addresses().instagram_token, judge=_judge, data=form, is_commit=True).body
    told = body.get("data")
    found = dict(told[0]) if isinstance(told, list) and told else body
    granted = found.get("permissions") or []
    names = granted.split(",") if isinstance(granted, str) else [str(one) for one in granted]
    return {**found, "permissions": [name.strip() for name in names]}


def long_token(short: str) -> dict[str, Any]:
    """A token of an hour for one of 60 days: `access_token` and `expires_in`."""
    secret = instagram_app().secret
    return _exchange("access_token", short, grant_type="ig_exchange_token", client_secret=secret)


def renewed(token: str) -> dict[str, Any]:
    """A token at least a day old, and not over, for another 60 days; one that is over cannot be revived."""
    return _exchange("refresh_access_token", token, grant_type="ig_refresh_token")


def me(token: str) -> dict[str, Any]:
    """Whose token it is: `user_id`, `username`, `name`, `account_type`."""
    return graph("GET", "me", token, login=LOGIN, fields="user_id,username,name,account_type").body


def _exchange(path: str, token: str, **fields: str) -> dict[str, Any]:
    """Neither token nor secret shall stand in an address: a form that names its method is tried first.

    Only where the network takes no form there, the documented query is used.
    """
    url = f"{addresses().instagram_graph}/{path}"
    form = {**fields, "access_token": token, "method": "GET"}
    try:
        return _asked(call("POST", url, judge=meta_verdict, data=form))
    except CallFailed as failed:
        if failed.verdict.meaning.effect not in (Effect.FAIL, Effect.GONE):
            raise
    return _asked(call("GET", url, judge=meta_verdict, params={**fields, "access_token": token}))


def _asked(answer: Answer) -> dict[str, Any]:
    check_pair(answer.body)
    return answer.body


def _judge(status: int, body: Mapping[str, Any], retry_after: float | None) -> Verdict:
    """The token endpoint has an envelope of its own: `error_type`, `code`, `error_message`."""
    if "error_message" in body and "error" not in body:
        said = str(body["error_message"])[:1000]
        return verdict("TOKEN_DEAD", str(body.get("code") or status), said, status=status)
    return meta_verdict(status, body, retry_after)
