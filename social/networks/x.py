"""X. It gives no handle before a post is made: what became of a call is read from the account's own timeline."""

import base64
import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from social.networks.addresses import addresses, is_sandbox, x_app
from social.networks.calling import UPLOAD_SECONDS, Answer, CallFailed, call
from social.networks.content import (
    Account,
    Content,
    Done,
    File,
    Found,
    NotPossible,
    NotReady,
    Numbers,
    Plan,
    Search,
    Seen,
    matching,
)
from social.networks.errors import Effect, verdict, x_verdict
from social.networks.meta import whole
from social.networks.shapes import check_pair, key_of, reading, rows_of, understood
from social.sandbox_address import sandbox_url

SCOPES: Final = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
PART_BYTES: Final = 1024 * 1024
MOST_IDS: Final = 100
SEARCHED_PAGES: Final = 3
FIELDS: Final = "created_at,entities,attachments,note_tweet,author_id"
METRIC_FIELDS: Final = "public_metrics,non_public_metrics,created_at,entities,note_tweet"
Handles = Mapping[tuple[str, int], str]


@understood
class X:
    """An account of X."""

    version = "2"

    def plan(self, content: Content) -> list[Plan]:
        """Files first, then the post."""
        files = 1 if content.video else len(content.pictures)
        steps = [*(Plan("UPLOAD", place) for place in range(files)), Plan("COMMIT")]
        return [*steps, Plan("COMMENT")] if content.first_comment else steps

    def perform(self, plan: Plan, content: Content, account: Account, handles: Handles) -> Done:
        """Take one step."""
        if plan.kind == "UPLOAD":
            file = content.video or content.pictures[plan.position]
            return Done(_upload(file, account, is_video=content.video is not None))
        if plan.kind == "COMMENT":
            return Done(self.comment(account, handles["COMMIT", 0], content.first_comment))
        keys = [key for (kind, _), key in sorted(handles.items()) if kind == "UPLOAD"]
        for key in keys if content.video else ():
            with reading():
                _check_processed(key, account)
        body: dict[str, Any] = {"text": with_link(content)}
        if keys:
            body["media"] = {"media_ids": keys}
        post_id = _create(body, account)
        return Done(post_id, post_id=post_id)

    def marker(self, account: Account, kind: str) -> str:
        """The newest id now: whatever comes after it came after this moment."""
        body = _timeline(account, max_results="5")
        return key_of(body["meta"]["newest_id"]) if _told(body) else "0"

    def look(self, account: Account, search: Search) -> Found:
        """The own timeline since the marker. X never vouches for absence; only looking again and again does."""
        rows = [_seen(row, account) for row in _since(account, search.marker)]
        return Found(matching(search, rows, with_link(search.content)))

    def read(self, account: Account, post_id: str) -> Seen | None:
        """The post; None where it is gone."""
        body = _get("2/tweets", account, ids=post_id, **{"tweet.fields": FIELDS}).body
        if "data" in body:
            return _seen(rows_of(body)[0], account)
        if any(key_of(one["resource_id"]) == post_id for one in rows_of(body, "errors")):
            return None
        raise ValueError("neither the post nor that it is gone")

    def delete(self, account: Account, post_id: str) -> None:
        """Already gone is the same end."""
        try:
            call("DELETE", f"{addresses().x_api}/2/tweets/{post_id}", judge=x_verdict, token=account.token)
        except CallFailed as failed:
            if failed.verdict.meaning.effect is not Effect.GONE:
                raise

    def edit(self, account: Account, post_id: str, text: str) -> None:
        """Only Premium accounts may, for an hour, under a new id: not offered."""
        raise NotPossible("X lets only paying accounts change a post, under a new address.")

    def comment(self, account: Account, post_id: str, text: str) -> str:
        """A reply to the own post."""
        try:
            return _create({"text": text, "reply": {"in_reply_to_tweet_id": post_id}}, account)
        except CallFailed as failed:
            if failed.verdict.meaning.name == "PERMISSION_MISSING":
                raise CallFailed(verdict("REPLY_NOT_ALLOWED", failed.verdict.code)) from failed
            raise

    def comments(self, account: Account, post_id: str) -> list[tuple[str, str]]:
        """Replies of the account itself stand in its own timeline."""
        query = {"since_id": post_id, "max_results": "100", "tweet.fields": f"{FIELDS},referenced_tweets"}
        rows = [
            row
            for row in _told(_timeline(account, **query))
            if any(one.get("id") == post_id for one in row.get("referenced_tweets") or ())
        ]
        return [(key_of(row["id"]), _seen(row, account).text) for row in rows]

    def numbers(
        self, account: Account, post_ids: Sequence[str], kinds: Mapping[str, str]
    ) -> dict[str, Numbers]:
        """A hundred posts a call."""
        found: dict[str, Numbers] = {}
        for start in range(0, len(post_ids), MOST_IDS):
            ids = ",".join(post_ids[start : start + MOST_IDS])
            body = _get("2/tweets", account, ids=ids, **{"tweet.fields": METRIC_FIELDS}).body
            told = rows_of(body) if "data" in body else []
            found |= {key_of(row["id"]): _numbers(row) for row in told}
        return found


def post_address(account_id: str, post_id: str) -> str:
    """Where a post is to be seen; the stand-in has a page of its own."""
    if is_sandbox():
        return f"{sandbox_url()}/feeds/x/{account_id}#{post_id}"
    return f"https://x.com/i/status/{post_id}"


def _create(body: Mapping[str, Any], account: Account) -> str:
    url = f"{addresses().x_api}/2/tweets"
    answer = call("POST", url, judge=x_verdict, token=account.token, is_commit=True, json=body)
    return key_of(answer.body["data"]["id"])


def _get(path: str, account: Account, **query: str) -> Answer:
    return call("GET", f"{addresses().x_api}/{path}", judge=x_verdict, token=account.token, params=query)


def _timeline(account: Account, **query: str) -> Mapping[str, Any]:
    return _get(f"2/users/{account.id}/tweets", account, **query).body


def _told(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The posts of a page of a timeline: where there are none, `meta` says so. Raises ValueError and its kin."""
    return rows_of(body) if int(body["meta"]["result_count"]) else []


def _since(account: Account, marker: str) -> Iterator[Mapping[str, Any]]:
    query = {"max_results": "100", "tweet.fields": FIELDS, "exclude": "replies,retweets"}
    if marker not in ("", "0"):
        query["since_id"] = marker
    for _ in range(SEARCHED_PAGES):
        body = _timeline(account, **query)
        yield from _told(body)
        following = (body.get("meta") or {}).get("next_token")
        if not following:
            return
        query["pagination_token"] = following


def with_link(content: Content) -> str:
    """The words as they are posted: X has no field for a link."""
    return f"{content.text}\n{content.link}".strip() if content.link else content.text


def _words(row: Mapping[str, Any]) -> str:
    """The text with the addresses that its short links stand for."""
    text = str((row.get("note_tweet") or {}).get("text") or row.get("text") or "")
    for url in (row.get("entities") or {}).get("urls") or ():
        text = text.replace(url["url"], str(url.get("expanded_url") or url["url"]))
    return text


def _seen(row: Mapping[str, Any], account: Account) -> Seen:
    text = _words(row)
    count = len((row.get("attachments") or {}).get("media_keys") or ())
    at = datetime.fromisoformat(str(row["created_at"]).replace("Z", "+00:00"))
    key = key_of(row["id"])
    return Seen(key, text, at, count, post_address(account.id, key))


def _numbers(row: Mapping[str, Any]) -> Numbers:
    public, private = row.get("public_metrics") or {}, row.get("non_public_metrics") or {}
    shares = [public.get(name) for name in ("retweet_count", "quote_count")]
    if shares[0] is None:
        shares[0] = public.get("repost_count")
    known = [one for one in shares if isinstance(one, int)]
    return Numbers(
        views=whole(public.get("impression_count")),
        likes=whole(public.get("like_count")),
        comments=whole(public.get("reply_count")),
        shares=sum(known) if known else None,
        clicks=whole(private.get("url_link_clicks")),
        saves=whole(public.get("bookmark_count")),
        text=_words(row),
        raw={"public_metrics": public, "non_public_metrics": private},
    )


# --- Files -----------------------------------------------------------------------------------------------------------


def _upload(file: File, account: Account, *, is_video: bool) -> str:
    base = f"{addresses().x_api}/2/media"
    content = file.load()
    if is_video:
        key = _upload_in_parts(base, file, content, account)
    else:
        sent = {"media": ("file", content, file.content_type)}
        form = {"media_category": "tweet_image"}
        answer = call("POST", f"{base}/upload", judge=x_verdict, token=account.token, data=form, files=sent,
                      read_seconds=UPLOAD_SECONDS)  # fmt: skip
        key = key_of(answer.body["data"]["id"])
    if file.alt_text:
        words = {"id": key, "metadata": {"alt_text": {"text": file.alt_text[:1000]}}}
        call("POST", f"{base}/metadata", judge=x_verdict, token=account.token, json=words)
    return key


def _upload_in_parts(base: str, file: File, content: bytes, account: Account) -> str:
    start = {"media_type": file.content_type, "total_bytes": len(content), "media_category": "tweet_video"}
    answer = call("POST", f"{base}/upload/initialize", judge=x_verdict, token=account.token, json=start)
    key = key_of(answer.body["data"]["id"])
    for index, first in enumerate(range(0, len(content), PART_BYTES)):
        part = {"media": ("part", content[first : first + PART_BYTES], "application/octet-stream")}
        form = {"segment_index": str(index)}
        call("POST", f"{base}/upload/{key}/append", judge=x_verdict, token=account.token, data=form, files=part,
             read_seconds=UPLOAD_SECONDS)  # fmt: skip
    call("POST", f"{base}/upload/{key}/finalize", judge=x_verdict, token=account.token)
    return key


def _check_processed(key: str, account: Account) -> None:
    body = _get("2/media/upload", account, command="STATUS", media_id=key).body
    processing = (body.get("data") or {}).get("processing_info") or {}
    state = processing.get("state", "succeeded")
    if state == "failed":
        error = processing.get("error") or {}
        raise CallFailed(verdict("MEDIA_INVALID", str(error.get("name") or "failed")), is_sent=False)
    if state != "succeeded":
        raise NotReady(float(processing.get("check_after_secs") or 5))


# --- Login -----------------------------------------------------------------------------------------------------------


def new_verifier() -> str:
    """The secret half of PKCE."""
    return secrets.token_urlsafe(64)


def consent_url(*, redirect_uri: str, state: str, verifier: str) -> str:
    """Where the person says yes."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": x_app().client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{addresses().x_consent}?{urlencode(query)}"


def tokens(**form: str) -> dict[str, Any]:
    """The token endpoint: a code, or a refresh token, for a pair; raises CallFailed."""
    app = x_app()
    login = base64.b64encode(f"{app.client_id}:{app.secret}".encode()).decode()
    headers = {"Authorization": f"Basic {login}"}
    url = f"{addresses().x_api}/2/oauth2/token"
    pair = call("POST", url, judge=_oauth_verdict, headers=headers, data=form, is_commit=True).body
    check_pair(pair)
    return pair


def _oauth_verdict(status: int, body: Mapping[str, Any], retry_after: float | None) -> Any:
    """Only a refusal of the grant itself means that the token is dead."""
    error = str(body.get("error") or "")
    if error in ("invalid_grant", "invalid_request"):
        return verdict("TOKEN_DEAD", error, str(body.get("error_description") or ""), status=status)
    if error in ("invalid_client", "unauthorized_client"):
        return verdict(
            "OUT_OF_CREDIT", error, "The platform's own credentials at X are refused.", status=status
        )
    return x_verdict(status, body, retry_after)


def revoke(token: str) -> None:
    """Tell X that the token is not needed any more."""
    app = x_app()
    login = base64.b64encode(f"{app.client_id}:{app.secret}".encode()).decode()
    headers = {"Authorization": f"Basic {login}"}
    call(
        "POST",
        f"{addresses().x_api}/2/oauth2/revoke",
        judge=x_verdict,
        headers=headers,
        data={"token": token},
    )


def me(token: str) -> dict[str, Any]:
    """Whose token it is."""
    data = call("GET", f"{addresses().x_api}/2/users/me", judge=x_verdict, token=token).body.get("data")
    return data if isinstance(data, dict) else {}
