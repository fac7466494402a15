"""The plan of a promotion: which touches, when, in which words. Pure but for the club's clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from messaging.models import CHANNEL_WORDS
from social.models import Promotion, SourceType, TouchKind

CHANNELS: Final = ("POST", "EMAIL")
# A part goes out as a post or by a channel; inside a sentence.
WAY_WORDS: Final = {"POST": "post", **CHANNEL_WORDS}
REMINDER_DAYS: Final = (7, 3, 1)
LOCAL_HOUR: Final = time(9, 0)
FULL_ENOUGH: Final = 0.8
LAST_CALL: Final = timedelta(hours=24)
BANDS: Final = 3
# The anchor of a touch to which staff gave a time of its own.
FIXED: Final = "fixed"
# What each touch says; a club's own words stand in its template.
WORDS: Final[dict[str, str]] = {
    TouchKind.ANNOUNCE: "{{ event.name }}: {{ event.startsAt }}"
    "{% if event.clubName %} at {{ event.clubName }}{% endif %}."
    "{% if event.entryFee %} Entry: {{ event.entryFee }}.{% endif %} Entries are open.",
    TouchKind.REMINDER: "{{ event.name }}: {% if event.entriesCloseAt %}entries close {{ event.entriesCloseAt }}"
    "{% else %}{{ event.startsAt }}{% endif %}."
    "{% if event.placesLeft %} {{ event.placesLeft }} places left.{% endif %}",
    TouchKind.LAST_PLACES: "Last places: {{ event.placesLeft }} left for {{ event.name }}, {{ event.startsAt }}.",
    TouchKind.FULL: "{{ event.name }} is full. The waiting list is open.",
    TouchKind.RESULTS: "Thank you to everybody who played {{ event.name }}. The results are out.",
    TouchKind.CORRECTION: "Please note: {{ event.name }} is now on {{ event.startsAt }}."
    "{% if event.entryFee %} Entry: {{ event.entryFee }}.{% endif %}",
    TouchKind.CANCELLATION: "{{ event.name }} has been cancelled. We are sorry.",
}


# From how many minutes on a post that an outage held up is a question: places and reminders are old soon.
LATE: Final[dict[str, int]] = {
    TouchKind.ANNOUNCE: 720,
    TouchKind.REMINDER: 360,
    TouchKind.LAST_PLACES: 60,
    TouchKind.FULL: 60,
    TouchKind.RESULTS: 1440,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A touch as the plan wants it; `due_at` None: when something happens."""

    key: str
    kind: str
    channel: str
    anchor: str
    offset_days: int
    due_at: datetime | None


def plan_of(promotion: Promotion, *, now: datetime, zone: ZoneInfo) -> list[Draft]:
    """Every touch of the plan, past ones too."""
    drafts: list[Draft] = []
    for channel in promotion.channels or CHANNELS:
        drafts += _touches(promotion, channel, now, zone)
    return drafts


def _touches(promotion: Promotion, channel: str, now: datetime, zone: ZoneInfo) -> Iterator[Draft]:
    yield Draft(
        f"announce:{channel}", TouchKind.ANNOUNCE, channel, "publish", 0, promotion.announce_at or now
    )
    # Reminders count from the close of entries; an event without one counts from its start.
    anchor, end = ("closes", promotion.closes_at) if promotion.closes_at else ("starts", promotion.starts_at)
    if end is not None:
        for days in sorted({int(day) for day in promotion.reminder_days}, reverse=True):
            due = at_local(end, -days, zone)
            yield Draft(
                f"reminder:{channel}:{days}", TouchKind.REMINDER, channel, anchor, -days, min(due, end)
            )
    if promotion.max_entries:
        yield Draft(f"last:{channel}", TouchKind.LAST_PLACES, channel, "when", 0, None)
        yield Draft(f"full:{channel}", TouchKind.FULL, channel, "when", 0, None)
    is_played = promotion.source_type == SourceType.COMPETITION
    if is_played and channel == "POST" and promotion.starts_at is not None:
        ended = promotion.starts_at
        yield Draft("results:POST", TouchKind.RESULTS, channel, "starts", 1, at_local(ended, 1, zone))


def at_local(anchor: datetime, days: int, zone: ZoneInfo, hour: time = LOCAL_HOUR) -> datetime:
    """The morning of the day that many days from the anchor's, on the club's clock, through changes of the clock."""
    day = anchor.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, hour, zone)


def words_of(promotion: Promotion, kind: str) -> str:
    """What a touch of the kind says: the promotion's own words, the club's, or ours."""
    given: Any = promotion.template.get(kind)
    return str(given) if given else WORDS[kind]


def fill_rate(promotion: Promotion) -> float | None:
    """How full the field is; None without a limit."""
    return promotion.entered / promotion.max_entries if promotion.max_entries else None


def band_of(promotion: Promotion) -> tuple[int | None, int | None]:
    """The handicaps (in tenths) that have been invited so far: the first band, then one more with each step."""
    low, high = _tenths(promotion.facts.get("handicapMin")), _tenths(promotion.facts.get("handicapMax"))
    if low is None or high is None or high <= low or promotion.band >= BANDS - 1:
        return low, high
    return low, low + (high - low) * (promotion.band + 1) // BANDS


def _tenths(value: Any) -> int | None:
    return round(value * 10) if isinstance(value, int | float) else None
