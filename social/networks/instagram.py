"""Instagram. A container is published once, however often it is asked, so a commit by its id is safe to repeat."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.conf import settings

from social.networks.calling import CallFailed
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
from social.networks.errors import Effect, verdict
from social.networks.facebook import insights
from social.networks.meta import graph, graph_moment, listed, whole
from social.networks.shapes import check_done, key_of, reading, rows_of, understood

FIELDS: Final = "id,caption,timestamp,permalink,media_type,children"
SEARCHED: Final = 3
WAIT_IMAGE_SECONDS: Final = 3.0
WAIT_VIDEO_SECONDS: Final = 20.0
# Column → metric; which exist depends on the kind.
METRICS: Final[Mapping[str, str]] = {
    "views": "views",
    "reach": "reach",
    "likes": "likes",
    "comments": "comments",
    "shares": "shares",
    "saves": "saved",
}
CONTAINER_CODES: Final = ("IN_PROGRESS", "FINISHED", "ERROR", "EXPIRED", "PUBLISHED")
Handles = Mapping[tuple[str, int], str]


@understood
class Instagram:
    """A professional account, reached through its Page or by its own login."""

    @property
    def version(self) -> str:
        """The Graph's version."""
        return str(settings.CRM_META_VERSION)

    def plan(self, content: Content) -> list[Plan]:
        """A container (for an album one for each file before it), then its publication."""
        children = content.pictures if len(content.pictures) > 1 else ()
        steps = [Plan("UPLOAD", place) for place in range(len(children))]
        steps += [Plan("CONTAINER"), Plan("COMMIT")]
        return [*steps, Plan("COMMENT")] if content.first_comment else steps

    def perform(self, plan: Plan, content: Content, account: Account, handles: Handles) -> Done:
        """Take one step."""
        if plan.kind == "UPLOAD":
            fields = {**_picture(content.pictures[plan.position]), "is_carousel_item": True}
            return Done(_prepared(account, fields))
        if plan.kind == "CONTAINER":
            return Done(_prepared(account, _container(content, handles)))
        if plan.kind == "COMMENT":
            return Done(self.comment(account, handles["COMMIT", 0], content.first_comment))
        container = handles["CONTAINER", 0]
        is_published = self._check_ready(account, container, is_video=content.video is not None)
        if is_published:
            # An earlier call of ours did it: look for it instead of doing it again.
            raise CallFailed(verdict("SERVICE_DOWN", "PUBLISHED_BEFORE"))
        answer = graph(
            "POST",
            f"{account.id}/media_publish",
            account.token,
            login=account.login,
            is_commit=True,
            creation_id=container,
        )
        media_id = key_of(answer.body["id"])
        return Done(media_id, post_id=media_id)

    def _check_ready(self, account: Account, container: str, *, is_video: bool) -> bool:
        """Whether the container is published already; raises NotReady or CallFailed where it cannot be, now or ever."""
        with reading():
            code, told = _state(account, container)
        if code == "IN_PROGRESS":
            raise NotReady(WAIT_VIDEO_SECONDS if is_video else WAIT_IMAGE_SECONDS)
        if code == "EXPIRED":
            raise CallFailed(verdict("CONTAINER_GONE"), is_sent=False)
        if code == "ERROR":
            raise CallFailed(verdict("MEDIA_INVALID", "ERROR", told), is_sent=False)
        return code == "PUBLISHED"

    def marker(self, account: Account, kind: str) -> str:
        """Containers are handles."""
        return ""

    def look(self, account: Account, search: Search) -> Found:
        """The container says whether it is live; the list says under which id."""
        container, code = search.handles.get(("CONTAINER", 0)), None
        if container:
            code, _ = _state(account, container)
            if code != "PUBLISHED":
                return Found(is_absent=True)
        since = int(search.since.timestamp()) - 120
        rows = listed(
            f"{account.id}/media",
            account.token,
            login=account.login,
            most=SEARCHED,
            fields=FIELDS,
            since=since,
            limit=50,
        )
        candidates = matching(search, [_seen(row) for row in rows], search.content.text)
        return Found(candidates, is_live=code == "PUBLISHED")

    def read(self, account: Account, post_id: str) -> Seen | None:
        """The media; None where it is gone."""
        try:
            return _seen(graph("GET", post_id, account.token, login=account.login, fields=FIELDS).body)
        except CallFailed as failed:
            if failed.verdict.meaning.effect is Effect.GONE:
                return None
            raise

    def delete(self, account: Account, post_id: str) -> None:
        """Already gone is the same end. Only who connected through Facebook may; raises NotPossible."""
        if account.login:
            raise NotPossible(
                "Instagram lets only accounts that were connected through Facebook delete a post from outside."
                " Delete it in the app."
            )
        try:
            check_done(graph("DELETE", post_id, account.token, login=account.login).body)
        except CallFailed as failed:
            if failed.verdict.meaning.effect is not Effect.GONE:
                raise

    def edit(self, account: Account, post_id: str, text: str) -> None:
        """A caption can never be changed."""
        raise NotPossible("Instagram does not let anybody change a caption.")

    def comment(self, account: Account, post_id: str, text: str) -> str:
        """The first comment."""
        path, login = f"{post_id}/comments", account.login
        return key_of(
            graph("POST", path, account.token, login=login, is_commit=True, message=text).body["id"]
        )

    def comments(self, account: Account, post_id: str) -> list[tuple[str, str]]:
        """Those of the account itself; a comment without an author may be one."""
        rows = listed(
            f"{post_id}/comments",
            account.token,
            login=account.login,
            most=1,
            fields="id,text,username",
            limit=50,
        )
        return [
            (key_of(row["id"]), str(row.get("text") or ""))
            for row in rows
            if str(row.get("username") or account.username) == account.username
        ]

    def numbers(
        self, account: Account, post_ids: Sequence[str], kinds: Mapping[str, str]
    ) -> dict[str, Numbers]:
        """Insights, media by media; what a network leaves out stays unknown."""
        found: dict[str, Numbers] = {}
        for post_id in post_ids:
            try:
                told = insights(account, post_id, list(METRICS.values()))
                caption = graph(
                    "GET", post_id, account.token, login=account.login, fields="caption"
                ).body.get("caption")
            except CallFailed as failed:
                if failed.verdict.meaning.effect is Effect.GONE:
                    continue
                raise
            if told:
                columns = {column: whole(told.get(name)) for column, name in METRICS.items()}
                found[post_id] = Numbers(raw=told, text=caption, **columns)
        return found

    def quota(self, account: Account) -> tuple[int, int] | None:
        """How many were published in 24 hours, of how many; None where the network does not say."""
        path = f"{account.id}/content_publishing_limit"
        rows = rows_of(
            graph("GET", path, account.token, login=account.login, fields="config,quota_usage").body
        )
        if not rows:
            return None
        return int(rows[0]["quota_usage"]), int(rows[0]["config"]["quota_total"])


def _prepared(account: Account, fields: Mapping[str, Any]) -> str:
    """A new container's id."""
    return key_of(
        graph("POST", f"{account.id}/media", account.token, login=account.login, **fields).body["id"]
    )


def _state(account: Account, container: str) -> tuple[str, str]:
    """What has become of a container, as a code and in words. Raises ValueError for a code that nobody knows."""
    body = graph("GET", container, account.token, login=account.login, fields="status_code,status").body
    code = body.get("status_code")
    if code not in CONTAINER_CODES:
        raise ValueError(f"not a state of a container: {code!r:.100}")
    return str(code), str(body.get("status") or "")


def _picture(picture: File) -> dict[str, Any]:
    fields: dict[str, Any] = {"image_url": picture.url}
    return fields | ({"alt_text": picture.alt_text} if picture.alt_text else {})


def _container(content: Content, handles: Handles) -> dict[str, Any]:
    caption = {"caption": content.text} if content.text else {}
    if content.video:
        return {"media_type": "REELS", "video_url": content.video.url, **caption}
    if len(content.pictures) > 1:
        children = [handles["UPLOAD", place] for place in range(len(content.pictures))]
        return {"media_type": "CAROUSEL", "children": children, **caption}
    return {**_picture(content.pictures[0]), **caption}


def _seen(row: Mapping[str, Any]) -> Seen:
    children = ((row.get("children") or {}).get("data")) or []
    text, at = str(row.get("caption") or ""), graph_moment(row["timestamp"])
    return Seen(key_of(row["id"]), text, at, len(children) or 1, str(row.get("permalink") or ""))
