"""How well identity was resolved: pairs of records that are one person's against pairs that share a profile."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Final

from crm_platform.simulator.truth import RECORD_KINDS, TruePerson, TrueRecord

RecordKey = tuple[str, str]  # kind, value
MOST_FINDINGS: Final = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One profile that holds several people, or one person in several profiles; `pairs` are the wrong ones."""

    pairs: int
    people: tuple[str, ...]
    profiles: tuple[str, ...]
    reason: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of records and of pairs of records. `queued_pairs`: missed pairs that wait in the review queue."""

    people: int
    records: int
    unknown_records: int
    profiles: int
    true_pairs: int
    found_pairs: int
    right_pairs: int
    queued_pairs: int
    false_merges: tuple[Finding, ...]
    misses: tuple[Finding, ...]

    @property
    def precision(self) -> float:
        """Of the pairs that share a profile, the part that is one person's; 1.0 when there are none."""
        return self.right_pairs / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs that are one person's, the part that shares a profile; 1.0 when there are none."""
        return self.right_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def recall_with_queue(self) -> float:
        """The same, with pairs counted that staff will be asked about."""
        return (self.right_pairs + self.queued_pairs) / self.true_pairs if self.true_pairs else 1.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON, the ratios included."""
        return asdict(self) | {
            "precision": self.precision,
            "recall": self.recall,
            "recall_with_queue": self.recall_with_queue,
        }


def pairs_of(count: int) -> int:
    """In how many ways two of so many things can be chosen."""
    return count * (count - 1) // 2


def score(
    truth: Iterable[TruePerson],
    profile_of: Mapping[RecordKey, str],
    candidates: Collection[tuple[str, str]] = (),
) -> Score:
    """Compare the truth with what the platform made of it.

    `profile_of`: where each record stands; records that are missing there count as unknown and take no part.
    `candidates`: pairs of profiles (each in ascending order) that wait for review.
    """
    people = [(person, _placed(person, profile_of)) for person in truth]
    by_profile: dict[str, list[tuple[TruePerson, TrueRecord]]] = defaultdict(list)
    for person, placed in people:
        for record, profile in placed:
            by_profile[profile].append((person, record))
    right = sum(
        pairs_of(count)
        for _, placed in people
        for count in Counter(profile for _, profile in placed).values()
    )
    waiting = frozenset(candidates)
    wanted = [_wanted(person) for person, _ in people]
    return Score(
        people=len(people),
        records=sum(map(len, wanted)),
        unknown_records=sum(map(len, wanted)) - sum(len(placed) for _, placed in people),
        profiles=len(by_profile),
        true_pairs=sum(pairs_of(len(placed)) for _, placed in people),
        found_pairs=sum(pairs_of(len(records)) for records in by_profile.values()),
        right_pairs=right,
        queued_pairs=sum(_queued(placed, waiting) for _, placed in people),
        false_merges=_worst(_false_merge(profile, records) for profile, records in by_profile.items()),
        misses=_worst(_miss(person, placed, by_profile) for person, placed in people),
    )


def _wanted(person: TruePerson) -> list[TrueRecord]:
    return [record for record in person.records if record.kind in RECORD_KINDS]


def _placed(person: TruePerson, profile_of: Mapping[RecordKey, str]) -> list[tuple[TrueRecord, str]]:
    """The person's records that the platform knows, with their profiles."""
    return [
        (record, profile_of[record.kind, record.value])
        for record in _wanted(person)
        if (record.kind, record.value) in profile_of
    ]


def _queued(placed: list[tuple[TrueRecord, str]], waiting: frozenset[tuple[str, str]]) -> int:
    return sum(
        (min(one, other), max(one, other)) in waiting for (_, one), (_, other) in combinations(placed, 2)
    )


def _worst(findings: Iterable[Finding | None]) -> tuple[Finding, ...]:
    found = [finding for finding in findings if finding is not None]
    return tuple(sorted(found, key=lambda one: (-one.pairs, one.people, one.profiles))[:MOST_FINDINGS])


def _false_merge(profile: str, records: list[tuple[TruePerson, TrueRecord]]) -> Finding | None:
    groups: dict[str, list[TrueRecord]] = defaultdict(list)
    people: dict[str, TruePerson] = {}
    for person, record in records:
        groups[person.person_id].append(record)
        people[person.person_id] = person
    if len(groups) < 2:  # noqa: PLR2004 - one person is as it should be
        return None
    right = sum(pairs_of(len(group)) for group in groups.values())
    return Finding(
        pairs=pairs_of(len(records)) - right,
        people=tuple(f"{people[key].name} ({key})" for key in sorted(groups)),
        profiles=(profile,),
        reason=_why_joined(list(groups.values())),
        notes=_notes(people.values()),
    )


def _why_joined(groups: list[list[TrueRecord]]) -> str:
    """What records of two people have in common."""
    common: dict[str, None] = {}
    for one, other in combinations(groups, 2):
        for first in one:
            for second in other:
                common |= dict.fromkeys(sorted(first.addresses & second.addresses))
    if not common:
        return "nothing in common among the records: a chain of keys, or one event that named both"
    return "records of both have " + ", ".join(common)


def _miss(
    person: TruePerson,
    placed: list[tuple[TrueRecord, str]],
    by_profile: Mapping[str, list[tuple[TruePerson, TrueRecord]]],
) -> Finding | None:
    groups: dict[str, list[TrueRecord]] = defaultdict(list)
    for record, profile in placed:
        groups[profile].append(record)
    if len(groups) < 2:  # noqa: PLR2004 - one profile is as it should be
        return None
    return Finding(
        pairs=pairs_of(len(placed)) - sum(pairs_of(len(group)) for group in groups.values()),
        people=(f"{person.name} ({person.person_id})",),
        profiles=tuple(sorted(groups)),
        reason=_why_apart(list(groups.values())),
        notes=_notes([person]),
    )


def _why_apart(groups: list[list[TrueRecord]]) -> str:
    """What could have joined the records, or that nothing could."""
    kinds = [Counter(record.kind for record in group) for group in groups]
    twice = sorted({kind for one, other in combinations(kinds, 2) for kind in one.keys() & other.keys()})
    where = " | ".join(
        ", ".join(f"{record.kind} “{record.name}”" if record.name else record.kind for record in group)
        for group in groups
    )
    common: dict[str, None] = {}
    for one, other in combinations(groups, 2):
        left = {address for record in one for address in record.addresses}
        right = {address for record in other for address in record.addresses}
        common |= dict.fromkeys(sorted(left & right))
    if twice:
        return f"two records of one service ({', '.join(twice)}): {where}"
    if common:
        return f"both have {', '.join(common)}, which did not count: {where}"
    return f"no e-mail or phone in common: {where}"


def _notes(people: Iterable[TruePerson]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note for person in people for note in person.notes))
