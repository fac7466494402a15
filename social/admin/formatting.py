"""How the pages of this app name and colour things. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from social.models import Attempt, Network, Outcome, Post, StepKind, Target
from social.networks.errors import MEANINGS
from tenants.admin.formatting import money
from tenants.models import Tenant

TONES: Final[Mapping[str, str]] = {
    "DRAFT": "", "IN_REVIEW": "warn", "SCHEDULED": "info", "PUBLISHING": "info", "PUBLISHED": "good", "FAILED": "bad",
    "UNKNOWN": "warn", "CANCELLED": "", "WAITING": "info", "HELD": "warn", "ACTIVE": "good", "PAUSED": "warn",
    "COMPLETED": "", "PLANNED": "info", "DONE": "good", "DROPPED": "",
}  # fmt: skip
STEPS: Final[Mapping[str, str]] = {
    StepKind.UPLOAD: "Brought the file",
    StepKind.CONTAINER: "Prepared it",
    StepKind.DRAFT: "Made a draft",
    StepKind.COMMIT: "Published it",
    StepKind.COMMENT: "Wrote the first comment",
    StepKind.CLEAR: "Took the draft back",
}
TRIES: Final[Mapping[str, str]] = {
    StepKind.UPLOAD: "bring the file",
    StepKind.CONTAINER: "prepare it",
    StepKind.DRAFT: "make a draft",
    StepKind.COMMIT: "publish it",
    StepKind.COMMENT: "write the first comment",
    StepKind.CLEAR: "take the draft back from the Page",
}
ENDS: Final[Mapping[str, str]] = {
    Outcome.STARTED: "Began to {what}; no answer yet.",
    Outcome.REFUSED: "Tried to {what}; refused.",
    Outcome.NOT_SENT: "Tried to {what}; nothing was sent.",
    Outcome.UNKNOWN: "Tried to {what}; no clear answer, so the network was asked.",
}
LEFT_THERE: Final = frozenset({Outcome.STARTED, Outcome.NOT_SENT, Outcome.UNKNOWN})
LOGOS: Final[Mapping[str, str]] = {Network.FACEBOOK: "f", Network.INSTAGRAM: "ig", Network.TWITTER: "X"}


def dollars(mills: int, club: Tenant) -> str:
    """Thousandths of a dollar as the club writes amounts."""
    return money(round(mills / 10), club, "USD")


@dataclass(frozen=True, slots=True)
class Line:
    """An attempt in words."""

    attempt: Attempt
    words: str
    tone: str
    said: str


def line_of(attempt: Attempt) -> Line:
    """What was tried, and what came of it."""
    if attempt.outcome == Outcome.SUCCEEDED:
        return Line(attempt, f"{STEPS[attempt.kind]}.", "good", "")
    words = ENDS[attempt.outcome].format(what=TRIES[attempt.kind])
    if attempt.kind == StepKind.CLEAR and attempt.outcome in LEFT_THERE:
        words += " It may still lie among the drafts of the Page, where nobody but its staff sees it."
    said = " · ".join(filter(None, (attempt.code, attempt.message[:200])))
    return Line(attempt, words, "bad" if attempt.outcome == Outcome.REFUSED else "warn", said)


def explanation(target: Target) -> dict[str, str]:
    """Why a post is not out on an account, who must act, and the button; empty where there is nothing to say."""
    meaning = MEANINGS.get(target.problem)
    if target.status == "UNKNOWN":
        return _doubt(target)
    if target.status == "HELD":
        return {
            "words": "Its time passed while the platform was away. Shall it still go out?",
            "who": "You",
            "button": "",
        }
    if meaning is None:
        return {}
    return {"words": meaning.words, "who": meaning.who, "button": meaning.button}


def _doubt(target: Target) -> dict[str, str]:
    """What is said of a post of which nobody knows whether it is out."""
    if target.asks_human and target.seen:
        words = "More than one post there could be this one. Please choose."
    elif target.problem == "WORKER_DIED_LOOKING":
        words = MEANINGS[target.problem].words
    elif target.asks_human:
        words = "The network gave no clear answer, and it was not found there. It is looked for; you may look, too."
    else:
        words = "The network gave no clear answer. It is being asked; nothing is posted twice."
    return {
        "words": words,
        "who": "You" if target.asks_human else "Nobody; it settles by itself",
        "button": "",
    }


def sums(post: Post) -> list[tuple[str, str, int]]:
    """Label, tone and count of each state; the counts add up to what was planned."""
    counts: dict[str, int] = {}
    for target in post.targets.all():
        counts[target.status] = counts.get(target.status, 0) + 1
    labels: dict[str, Any] = dict(Target._meta.get_field("status").choices or ())
    return [(str(labels[status]), TONES[status], count) for status, count in sorted(counts.items())]
