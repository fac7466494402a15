"""Building the person an event is about, and the texts of the timeline."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from events.empty_ids import stands_for_nothing
from profiles.club import Club
from profiles.effects.drafts import ActivityDraft, DecodedEvent, Effect, FactDraft, Subject
from profiles.effects.keys import normal_keys
from profiles.golden_rows.rules import rank_of
from profiles.names import PersonName
from profiles.vocabulary import ActivityCategory, LifecycleStage

# Where something happened, for the activities that are no message.
CHANNELS = {
    "scl": "CLUB",
    "teetime": "TEETIME",
    "facilities": "FACILITY",
    "feedback": "FEEDBACK",
    "messaging": "EMAIL",
}
# What stops being true when a service replaces it by something that cannot be taken.
REPLACED = frozenset({"email", "phoneNumber"})


def subject_of(
    event: DecodedEvent, club: Club, stage: LifecycleStage = LifecycleStage.SUBSCRIBER
) -> Subject | None:
    """The person whom the event's keys name; None when they name nobody."""
    keys = normal_keys(event.keys, event.source, club)
    return Subject(keys=keys, stage=stage) if keys else None


def effect_on(subject: Subject | None) -> Effect:
    """An effect on one person, or on nobody."""
    return Effect(subjects=[subject] if subject is not None else [])


def add_facts(subject: Subject, source: str, values: Mapping[str, Any], *, rank: int | None = None) -> None:
    """State values of golden fields; what weighs how much is `golden.rank_of` unless a rank is given."""
    for field, value in values.items():
        subject.facts.append(
            FactDraft(field, _plain(value), rank_of(field, source) if rank is None else rank)
        )
    name = PersonName.of(str(values.get("firstName") or ""), str(values.get("lastName") or ""))
    if name.first:
        subject.name = name
    if isinstance(values.get("dateOfBirth"), date):
        subject.birth = values["dateOfBirth"]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def stated_values(
    club: Club,
    stated: Mapping[str, Any],
    fields: Mapping[str, str],
    *,
    told_at: datetime,
    replaces: bool = False,
) -> dict[str, Any]:
    """Golden field → value for what a payload states (`Payload.stated`), by a table payload name → golden field.

    None empties a field. An address that is unusable or a placeholder says nothing, unless the event `replaces` the
    one before: that one is no longer true, and may by now be a stranger's.
    """
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in stated:
            continue
        given = stated[name]
        value = None if given is None else club.usable(field, given, told_at)
        # Of two names for one field (a tier's id and its name) an empty one does not undo the other.
        is_gone = given is None or (replaces and field in REPLACED)
        if value is not None or (is_gone and values.get(field) is None):
            values[field] = value
    return values


def own_id(given: str | None) -> str | None:
    """The id of what happened; None where it is what programs write for none: then nothing is recognised by it."""
    return None if given is None or stands_for_nothing(given) else given


def add_activity(
    subject: Subject,
    event: DecodedEvent,
    activity_type: str,
    category: ActivityCategory,
    title: str,
    *,
    channel: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    once: str | None = None,
) -> None:
    """A row of the timeline; metadata without empty values. `once`: the id of what happens only once (`own_id`)."""
    subject.activities.append(
        ActivityDraft(
            type=activity_type,
            category=category,
            title=title,
            channel=CHANNELS.get(event.source, "") if channel is None else channel,
            metadata={key: value for key, value in (metadata or {}).items() if value is not None},
            once=once or "",
        )
    )


def with_reason(text: str, reason: str | None) -> str:
    """A title with its reason, in words: card_declined becomes card declined."""
    return f"{text}: {reason.replace('_', ' ')}" if reason else text


def in_words(value: str) -> str:
    """An enum value as a person writes it, as in No show."""
    return value.replace("_", " ").capitalize()


def listed(words: Iterable[str]) -> str:
    """Words one after the other, as in first name, phone number."""
    return ", ".join(words)
