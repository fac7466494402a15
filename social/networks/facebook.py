"""Facebook Pages. A post is made as a draft and then set live, because that is safe to repeat."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.conf import settings

from social.networks.addresses import addresses
from social.networks.calling import UPLOAD_SECONDS, CallFailed, call
from social.networks.content import (
    Account,
    Content,
    Done,
    Found,
    Numbers,
    Plan,
    Search,
    Seen,
    matching,
)
from social.networks.errors import Effect, meta_verdict
from social.networks.meta import graph, graph_moment, listed, whole
from social.networks.shapes import check_done, flag_of, key_of, rows_of, understood

READ_FIELDS: Final = (
    "id,message,created_time,permalink_url,is_published,attachments{media_type,subattachments}"
)
COUNT_FIELDS: Final = "message,shares,comments.limit(0).summary(true),reactions.limit(0).summary(true)"
SEARCHED: Final = 3
KNOWN_BEFORE: Final = 10
# Column → metric, asked one by one once the bundle is refused: one dead metric never spoils the others.
METRICS: Final[Mapping[str, str]] = {
    "views": "post_media_view",
    "reach": "post_total_media_view_unique",
    "clicks": "post_clicks",
}
Handles = Mapping[tuple[str, int], str]


@understood
class Facebook:
    """A Page."""

    @property
    def version(self) -> str:
        """The Graph's version."""
        return str(settings.CRM_META_VERSION)

    def plan(self, content: Content) -> list[Plan]:
        """Photos unpublished, a draft that holds them, the draft set live; a video is a reel of its own."""
        if content.video:
            steps = [Plan("CONTAINER"), Plan("UPLOAD"), Plan("COMMIT")]
        else:
            steps = [Plan("UPLOAD", place) for place in range(len(content.pictures))]
            steps += [Plan("DRAFT"), Plan("COMMIT")]
        return [*steps, Plan("COMMENT")] if content.first_comment else steps

    def perform(self, plan: Plan, content: Content, account: Account, handles: Handles) -> Done:
        """Take one step."""
        if content.video and plan.kind != "COMMENT":
            return self._video(plan, content, account, handles)
        if plan.kind == "UPLOAD":
            picture = content.pictures[plan.position]
            fields: dict[str, Any] = {"url": picture.url, "published": False}
            if picture.alt_text:
                fields["alt_text_custom"] = picture.alt_text
            return Done(key_of(graph("POST", f"{account.id}/photos", account.token, **fields).body["id"]))
        if plan.kind == "DRAFT":
            return self._draft(content, account, handles)
        if plan.kind == "COMMIT":
            post_id = handles["DRAFT", 0]
            check_done(graph("POST", post_id, account.token, is_commit=True, is_published=True).body)
            return Done(post_id, post_id=post_id)
        return Done(self.comment(account, _post_of(handles), content.first_comment))

    def _draft(self, content: Content, account: Account, handles: Handles) -> Done:
        fields: dict[str, Any] = {"published": False}
        if content.text:
            fields["message"] = content.text
        if content.link and not content.pictures:
            fields["link"] = content.link
        photos = [handles["UPLOAD", place] for place in range(len(content.pictures))]
        if photos:
            fields["attached_media"] = [{"media_fbid": one} for one in photos]
        # One field report says that drafts with photos or links go live at once: then this was the commit.
        answer = graph("POST", f"{account.id}/feed", account.token, is_commit=True, **fields)
        return Done(key_of(answer.body["id"]))

    def _video(self, plan: Plan, content: Content, account: Account, handles: Handles) -> Done:
        path = f"{account.id}/video_reels"
        if plan.kind == "CONTAINER":
            body = graph("POST", path, account.token, upload_phase="start").body
            return Done(key_of(body["video_id"]))
        video_id = handles["CONTAINER", 0]
        if plan.kind == "UPLOAD":
            assert content.video is not None  # noqa: S101 - for the type checker; `plan` asked
            url = f"{addresses().upload}/video-upload/{self.version}/{video_id}"
            headers = {"Authorization": f"OAuth {account.token}", "file_url": content.video.url}
            sent = call("POST", url, judge=meta_verdict, headers=headers, read_seconds=UPLOAD_SECONDS)
            check_done(sent.body)
            return Done(video_id)
        fields = {"upload_phase": "finish", "video_id": video_id, "video_state": "PUBLISHED"}
        answer = graph("POST", path, account.token, is_commit=True, description=content.text, **fields)
        check_done(answer.body)
        return Done(video_id, post_id=video_id)

    def marker(self, account: Account, kind: str) -> str:
        """Drafts and videos have handles; before a draft the newest public posts: who said the same before is not us.

        The time of the newest by the network's own clock, and their ids, because several may share a second.
        """
        if kind != "DRAFT":
            return ""
        path = f"{account.id}/published_posts"
        body = graph("GET", path, account.token, fields="id,created_time", limit=KNOWN_BEFORE).body
        rows = rows_of(body)
        if not rows:
            return ""
        newest = str(rows[0]["created_time"])
        graph_moment(newest)
        return f"{newest}|{','.join(key_of(row['id']) for row in rows)}"

    def look(self, account: Account, search: Search) -> Found:
        """By the handle where there is one; else in the Page's own list."""
        video_id, draft_id = search.handles.get(("CONTAINER", 0)), search.handles.get(("DRAFT", 0))
        if search.content.video and video_id:
            return self._look_at_video(account, video_id)
        if draft_id:
            body = graph("GET", draft_id, account.token, fields=READ_FIELDS).body
            return Found((_seen(body),)) if flag_of(body["is_published"]) else Found(is_absent=True)
        since = int(search.since.timestamp()) - 120
        rows = listed(f"{account.id}/published_posts", account.token, most=SEARCHED, fields=READ_FIELDS,
                      since=since, limit=50)  # fmt: skip
        told = [one for one in map(_seen, rows) if _is_newer(one, search.marker)]
        return Found(matching(search, told, search.content.text))

    def _look_at_video(self, account: Account, video_id: str) -> Found:
        body = graph("GET", video_id, account.token, fields="status,permalink_url,created_time").body
        publishing = body["status"].get("publishing_phase") or {}
        if publishing.get("publish_status") != "published":
            return Found(is_absent=True)
        at = graph_moment(publishing.get("publish_time") or body["created_time"])
        return Found((Seen(video_id, "", at, 1, _permalink(body.get("permalink_url"), video_id)),))

    def read(self, account: Account, post_id: str) -> Seen | None:
        """The post; None where it is gone."""
        try:
            fields = READ_FIELDS if "_" in post_id else "description,created_time,permalink_url"
            return _seen(graph("GET", post_id, account.token, fields=fields).body)
        except CallFailed as failed:
            if failed.verdict.meaning.effect is Effect.GONE:
                return None
            raise

    def is_public(self, account: Account, post_id: str) -> bool:
        """Whether the draft was set live; raises CallFailed."""
        try:
            return flag_of(graph("GET", post_id, account.token, fields="is_published").body["is_published"])
        except CallFailed as failed:
            if failed.verdict.meaning.effect is Effect.GONE:
                return False
            raise

    def delete(self, account: Account, post_id: str) -> None:
        """Already gone is the same end."""
        try:
            check_done(graph("DELETE", post_id, account.token).body)
        except CallFailed as failed:
            if failed.verdict.meaning.effect is not Effect.GONE:
                raise

    def edit(self, account: Account, post_id: str, text: str) -> None:
        """Only posts of our own app."""
        check_done(graph("POST", post_id, account.token, message=text).body)

    def comment(self, account: Account, post_id: str, text: str) -> str:
        """The first comment."""
        answer = graph("POST", f"{post_id}/comments", account.token, is_commit=True, message=text)
        return key_of(answer.body["id"])

    def comments(self, account: Account, post_id: str) -> list[tuple[str, str]]:
        """Those of the Page itself; a comment without an author may be one."""
        rows = listed(f"{post_id}/comments", account.token, most=1, fields="id,message,from", limit=100)
        return [
            (key_of(row["id"]), str(row.get("message") or ""))
            for row in rows
            if str((row.get("from") or {}).get("id", account.id)) == account.id
        ]

    def numbers(
        self, account: Account, post_ids: Sequence[str], kinds: Mapping[str, str]
    ) -> dict[str, Numbers]:
        """Insights and counts, post by post."""
        found: dict[str, Numbers] = {}
        for post_id in post_ids:
            numbers = self._numbers_of(account, post_id)
            if numbers:
                found[post_id] = numbers
        return found

    def _numbers_of(self, account: Account, post_id: str) -> Numbers | None:
        try:
            counts = graph("GET", post_id, account.token, fields=COUNT_FIELDS).body
        except CallFailed as failed:
            if failed.verdict.meaning.effect in (Effect.GONE, Effect.FAIL):
                return None
            raise
        metrics = insights(account, post_id, list(METRICS.values()))
        reactions = ((counts.get("reactions") or {}).get("summary") or {}).get("total_count")
        comments = ((counts.get("comments") or {}).get("summary") or {}).get("total_count")
        # `shares` is missing when nobody shared; the answer itself says that it was asked.
        shares = (counts.get("shares") or {}).get("count", 0)
        raw = {**metrics, "reactions": reactions, "comments": comments, "shares": shares}
        columns = {column: whole(metrics.get(name)) for column, name in METRICS.items()}
        return Numbers(
            likes=whole(reactions),
            comments=whole(comments),
            shares=whole(shares),
            raw=raw,
            text=counts.get("message"),
            **columns,
        )


def insights(account: Account, post_id: str, names: list[str]) -> dict[str, Any]:
    """Name → value; together first, one by one where the network refuses the bundle."""
    try:
        rows = (
            graph(
                "GET", f"{post_id}/insights", account.token, login=account.login, metric=",".join(names)
            ).body.get("data")
            or []
        )
    except CallFailed as failed:
        if failed.verdict.meaning.effect is not Effect.FAIL:
            raise
        if len(names) == 1:
            return {}
        return {key: value for name in names for key, value in insights(account, post_id, [name]).items()}
    return {row["name"]: row["values"][0].get("value") for row in rows if row.get("values")}


def _post_of(handles: Handles) -> str:
    return handles["COMMIT", 0]


def _is_newer(seen: Seen, marker: str) -> bool:
    """Whether a post came after the newest one that was there before."""
    if not marker:
        return True
    moment, _, ids = marker.partition("|")
    return seen.id not in ids.split(",") and seen.at >= graph_moment(moment)


def _permalink(given: Any, post_id: str) -> str:
    if not given:
        return f"https://www.facebook.com/{post_id}"
    return str(given) if str(given).startswith("http") else f"https://www.facebook.com{given}"


def _seen(row: Mapping[str, Any]) -> Seen:
    attachments = ((row.get("attachments") or {}).get("data")) or []
    count = 0
    for one in attachments:
        inner = ((one.get("subattachments") or {}).get("data")) or []
        count += len(inner) or (1 if one.get("media_type") in ("photo", "video", "album") else 0)
    text = str(row.get("message") or row.get("description") or "")
    link = _permalink(row.get("permalink_url"), str(row["id"]))
    return Seen(key_of(row["id"]), text, graph_moment(row["created_time"]), count, link)
