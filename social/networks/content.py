"""What is published, as the clients take it, and what they find."""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

PROTOCOL: Final = re.compile(r"https?://", re.IGNORECASE)
CLOCK_SKEW: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class File:
    """A picture or video: an address for networks that fetch, a way to the bytes for those that do not.

    `load` raises CallFailed where the bytes cannot be had; `key` is its name in the library's storage.
    """

    url: str
    key: str
    load: Callable[[], bytes]
    content_type: str
    size: int
    alt_text: str = ""
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A post for one network."""

    text: str
    link: str = ""
    pictures: tuple[File, ...] = ()
    video: File | None = None
    first_comment: str = ""

    @property
    def media_count(self) -> int:
        """How many files it shows."""
        return len(self.pictures) + (1 if self.video else 0)


@dataclass(frozen=True, slots=True)
class Account:
    """An account with the token that opens it (in no text of it). `login`: by which door, where there are two."""

    id: str
    token: str = field(repr=False)
    parent_id: str = ""
    username: str = ""
    login: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A step to take: its kind, and its place among those of its kind."""

    kind: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """A step that is done: the network's handle, and the post where it is public now."""

    handle: str
    data: Mapping[str, Any] = field(default_factory=dict)
    post_id: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A post found on the network."""

    id: str
    text: str
    at: datetime
    media_count: int
    permalink: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for: our own words, since when, after which id, and what is ours already."""

    content: Content
    since: datetime
    marker: str
    bound: frozenset[str]
    handles: Mapping[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class Found:
    """The result of looking. `is_absent`: the network vouches that nothing is out, so a commit may be repeated.

    `is_live`: it vouches that it is out, even where its list does not show it yet.
    """

    candidates: tuple[Seen, ...] = ()
    is_absent: bool = False
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a network says of one post; None is not known. `text`: the words as it shows them now."""

    views: int | None = None
    reach: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    clicks: int | None = None
    saves: int | None = None
    text: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


class NotReady(Exception):
    """A step cannot be taken yet: ask again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Publisher(Protocol):
    """A network. Every method may raise CallFailed; `perform` also NotReady."""

    @property
    def version(self) -> str:
        """Of the network's API."""

    def plan(self, content: Content) -> list[Plan]:
        """The steps to a published post, in order."""

    def perform(
        self, plan: Plan, content: Content, account: Account, handles: Mapping[tuple[str, int], str]
    ) -> Done:
        """Take one step."""

    def marker(self, account: Account, kind: str) -> str:
        """What tells older posts from newer ones, read before a step of the kind; "" where handles do."""

    def look(self, account: Account, search: Search) -> Found:
        """Find out what became of a commit."""

    def read(self, account: Account, post_id: str) -> Seen | None:
        """A post as the network shows it; None: it is gone."""

    def delete(self, account: Account, post_id: str) -> None:
        """Delete it; that it is gone already is as good. Raises NotPossible."""

    def edit(self, account: Account, post_id: str, text: str) -> None:
        """Change the words; raises NotPossible."""

    def comment(self, account: Account, post_id: str, text: str) -> str:
        """Reply to one's own post; the comment's id."""

    def comments(self, account: Account, post_id: str) -> list[tuple[str, str]]:
        """Id and words of the newest comments under a post that can be the account's own."""

    def numbers(
        self, account: Account, post_ids: Sequence[str], kinds: Mapping[str, str]
    ) -> dict[str, Numbers]:
        """Numbers of many posts; a post that is missing in the answer was not told about."""


class NotPossible(Exception):
    """The network has no such act."""


def normal(text: str) -> str:
    """A text as it is compared: composed, one kind of line end, no space at the ends, without HTML escapes.

    Without protocols, because X gives `golf.club` back as `http://golf.club`.
    """
    text = unicodedata.normalize("NFC", html.unescape(text)).replace("\r\n", "\n").replace("\r", "\n")
    text = PROTOCOL.sub("", text)
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def matching(search: Search, candidates: Sequence[Seen], wanted: str) -> tuple[Seen, ...]:
    """Those that can be ours: the same words and number of files, since the attempt, and bound to no other post."""
    since = search.since - CLOCK_SKEW
    return tuple(
        one
        for one in candidates
        if one.id not in search.bound
        and one.at >= since
        and normal(one.text) == normal(wanted)
        and one.media_count == search.content.media_count
    )
