"""What Facebook and Instagram share: calls of the Graph, lists page by page, login, tokens."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings

from social.networks.addresses import addresses, graph_url, instagram_app, instagram_url, meta_app
from social.networks.calling import Answer, call
from social.networks.errors import meta_verdict
from social.networks.shapes import check_pair

MOST_PAGES: Final = 40
SCOPES: Final = (
    "pages_show_list", "pages_manage_posts", "pages_read_engagement", "pages_manage_engagement",
    "pages_read_user_content", "read_insights", "business_management", "publish_video", "instagram_basic",
    "instagram_content_publish", "instagram_manage_insights", "instagram_manage_comments",
    "instagram_manage_contents",
)  # fmt: skip
# Without these nothing can be published; the others only narrow what works.
NEEDED: Final = frozenset({"pages_show_list", "pages_manage_posts", "pages_read_engagement"})
NEEDED_INSTAGRAM: Final = frozenset({"instagram_basic", "instagram_content_publish"})


def graph(
    method: str, path: str, token: str, *, is_commit: bool = False, login: str = "", **fields: Any
) -> Answer:
    """A call of the Graph; fields go as a query or as a form, lists as JSON, with the proof of our secret.

    `login` INSTAGRAM: of Instagram's own Graph, where that app's secret proves it.
    """
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    values["appsecret_proof"] = proof(token, login)
    how: dict[str, Any] = {"params" if method in ("GET", "DELETE") else "data": values}
    url = instagram_url(path) if login else graph_url(path)
    return call(method, url, judge=meta_verdict, token=token, is_commit=is_commit, **how)


def proof(token: str, login: str = "") -> str:
    """That whoever holds the token knows our secret as well."""
    return hmac.new(
        (instagram_app() if login else meta_app()).secret.encode(), token.encode(), hashlib.sha256
    ).hexdigest()


def listed(path: str, token: str, *, most: int = MOST_PAGES, **fields: Any) -> Iterator[dict[str, Any]]:
    """Every entry of a list, to its end. An empty page that has a next one is not the end."""
    after: dict[str, str] = {}
    for _ in range(most):
        body = graph("GET", path, token, **{**fields, **after}).body
        rows = body.get("data")
        if not isinstance(rows, list):
            raise ValueError("a list without data")
        yield from rows
        following = (body.get("paging") or {}).get("next")
        if not following:
            return
        # Only the cursor is taken: the address itself carries a token.
        cursor = parse_qs(urlsplit(following).query).get("after")
        if not cursor or cursor[0] == after.get("after"):
            return
        after = {"after": cursor[0]}


def consent_url(*, redirect_uri: str, state: str, again: bool = False) -> str:
    """Where the person says yes."""
    query = {
        "client_id": meta_app().client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "scope": ",".join(SCOPES),
        "response_type": "code",
    }
    if again:
        query["auth_type"] = "rerequest"
    return f"{addresses().dialog}/{settings.CRM_META_VERSION}/dialog/oauth?{urlencode(query)}"


def long_token(*, code: str, redirect_uri: str) -> str:
    """A code for a token of 60 days; raises CallFailed."""
    app = meta_app()
    who = {"client_id": app.client_id, "client_secret": app.secret}
    # As a form, so that neither code nor secret stands in an address.
    short = _exchange({**who, "redirect_uri": redirect_uri, "code": code})
    return _exchange({**who, "grant_type": "fb_exchange_token", "fb_exchange_token": short})


def _exchange(fields: Mapping[str, str]) -> str:
    answer = call("POST", graph_url("oauth/access_token"), judge=meta_verdict, data=fields)
    check_pair(answer.body)
    return str(answer.body["access_token"])


def inspect(token: str) -> dict[str, Any]:
    """What the network says of a token: validity, scopes, when access to data ends."""
    app = meta_app()
    answer = call(
        "POST",
        graph_url("debug_token"),
        judge=meta_verdict,
        token=f"{app.client_id}|{app.secret}",
        # A read in the form of a POST: the Graph takes the method as a field, and so no token stands in an address.
        data={"method": "GET", "input_token": token},
    )
    data = answer.body.get("data")
    return data if isinstance(data, dict) else {}


def moment(seconds: Any) -> datetime | None:
    """Unix seconds; 0 and nothing mean never."""
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def graph_moment(text: str) -> datetime:
    """`2026-11-26T10:00:00+0000`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


def whole(value: Any) -> int | None:
    """A count, None where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
