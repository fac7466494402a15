"""What an import would do, row by row, before anything is done. Reads only.

The same identity resolution decides as for events, in memory, for the whole file: so a person who stands in it twice is
seen, and a row that contradicts what is known is found before it does harm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from events.identity_hints import IdentityKey
from profiles.births import distinctive
from profiles.claims import Claim, Person
from profiles.club import Club
from profiles.exchange.importing import statements as sql
from profiles.exchange.importing.handicaps import as_printed
from profiles.exchange.importing.subjects import (
    KNOWN_BY,
    NAMES,
    NAMES_NOBODY,
    OLD_IDS,
    SOURCE,
    RowRead,
    event_id_of,
    keys_of_values,
    moment_of,
    record_of,
)
from profiles.exchange.importing.targets import KEYS, LABELS, Target
from profiles.golden_rows.rules import DATE_COLUMNS, FIELD_OWNERS, FILLS_GAPS, ORDINARY, TEXT_COLUMNS
from profiles.identity import CAP_EXCEEDED, Candidate, IdentityMap, keys_of
from profiles.ingest.people import extend_identity_map
from profiles.models import CRM_RECORD, ImportOutcome, MemberImport
from profiles.names import PersonName, names_disagree
from profiles.normalise import folded
from profiles.suppression import claims_of_erased
from tenants.days import full_day
from tenants.postgresql.plans import PLAN_FOR_BATCHES
from tenants.scope import current_tenant_id

ERASED: Final = (
    "Belongs to somebody who was erased on request. If they came back of their own will, an administrator can let the"
    " address in on the page Privacy."
)
HEADING: Final = "Looks like a heading or a sum, not like a person."
NO_ID: Final = "Has no id, by which the old system knows its members."
OWNERS: Final = {"scl": "the membership service", "teetime": "the tee-time service"}
# Golden column of each field that a file can state.
COLUMNS: Final[Mapping[str, str]] = {
    **TEXT_COLUMNS,
    **DATE_COLUMNS,
    "email": "email",
    "phoneNumber": "phone_number",
    "handicap": "handicap_tenths",
}
KNOWN_COLUMNS: Final = ", ".join(f"p.{column}" for column in COLUMNS.values())
Words = list["str | Person"]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row as it was read; `is_heading`: no person at all."""

    line: int
    read: RowRead
    is_heading: bool = False


@dataclass(slots=True)
class Verdict:
    """What would come of a row."""

    line: int
    outcome: ImportOutcome
    reason: str = ""
    changes: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[dict[str, str]] = field(default_factory=list)
    profile_id: UUID | None = None
    stage_before: int | None = None


@dataclass(slots=True)
class _Judged:
    """A row on its way to a verdict: whom it is about and what speaks against it, with people still unnamed."""

    row: FileRow
    person: Person | None = None
    words: Words = field(default_factory=list)
    outcome: ImportOutcome | None = None
    new_keys: list[IdentityKey] = field(default_factory=list)
    moment: datetime | None = None


@dataclass(slots=True)
class _Known:
    """What is known of a matched customer, changed by each row that would change it; `name`: before all."""

    name: str
    stage_reached: int
    values: dict[str, Any]
    heaviest: dict[str, tuple[int, datetime]]
    tags: set[str]


class Check:
    """The check of one import, to which its rows are given in their order, some at a time.

    Needs the club's scope; takes no lock, so that what is decided now may be decided otherwise when the import runs.
    """

    def __init__(self, club: Club, member_import: MemberImport, now: datetime) -> None:
        self._club = club
        self._import = member_import
        self._now = now
        self._identity_map = IdentityMap(now, club.is_role)
        self._asked: set[IdentityKey] = set()
        self._known: dict[UUID, _Known] = {}
        # In which line a new person came up; by first and last name, who came up with nothing else.
        self._first_lines: dict[Person, int] = {}
        self._bare_lines: dict[tuple[str, str], int] = {}

    def verdicts(self, rows: Sequence[FileRow]) -> list[Verdict]:
        """A verdict for each of the next rows. May put the known spelling of a name into a row's values."""
        _know_by_id(rows)
        claims = {
            row.line: _claim(self._import, row, self._now)
            for row in rows
            if not row.is_heading
            and not row.read.problem
            and row.read.names_somebody
            and not _lacks_id(self._import, row)
        }
        self._look_up(list(claims.values()))
        erased = claims_of_erased(self._identity_map, [[claim] for claim in claims.values()])
        judged = [
            _judge(row, claims.get(row.line), self._identity_map, erased, self._first_lines) for row in rows
        ]
        self._find_namesakes(judged)
        self._load_known(judged)
        return [_verdict(one, self._known, self._first_lines) for one in judged]

    def _look_up(self, claims: Sequence[Claim]) -> None:
        keys = [key for key in keys_of(claims) if key not in self._asked]
        self._asked.update(keys)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PLAN_FOR_BATCHES)
            extend_identity_map(cursor, self._club, self._identity_map, claims, keys)

    def _find_namesakes(self, judged: Sequence[_Judged]) -> None:
        """A row with nothing but a name is nobody for certain: it is in conflict with a customer of that name."""
        bare: dict[tuple[str, str], list[_Judged]] = {}
        for one in judged:
            if one.person is not None and one.person.is_new and not keys_of_values(one.row.read.values):
                bare.setdefault(_names(one.row.read.values), []).append(one)
        if not bare:
            return
        with transaction.atomic(), connection.cursor() as cursor:
            sql.NAMESAKE.fill(cursor, bare)
            cursor.execute(sql.NAMESAKES, [current_tenant_id()])
            known = {(first, last): profile_id for first, last, profile_id in cursor.fetchall()}
        for names, rows in bare.items():
            first = self._bare_lines.setdefault(names, rows[0].row.line)
            for one in rows:
                if names not in known and one.row.line == first:
                    continue
                whose = "a customer" if names in known else f"line {first}"
                one.outcome = ImportOutcome.CONFLICT
                one.words = [
                    f"Has nothing but a name, and {whose} has the same: nobody can tell whether they are one."
                ]

    def _load_known(self, judged: Sequence[_Judged]) -> None:
        """The customers that rows are about, and those that speak against a row."""
        people = {one.person.root for one in judged if one.person is not None}
        people |= {word for one in judged for word in one.words if isinstance(word, Person)}
        wanted = {person.profile_id for person in people if not person.is_new} - self._known.keys()
        if not wanted:
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PLAN_FOR_BATCHES)
            sql.MATCHED_PROFILE.fill(cursor, ((one,) for one in wanted))
            cursor.execute(sql.HEAVIEST_FACTS, [current_tenant_id()])
            heaviest: dict[UUID, dict[str, tuple[int, datetime]]] = {}
            for profile_id, name, rank, occurred_at in cursor.fetchall():
                heaviest.setdefault(profile_id, {})[name] = (rank, occurred_at)
            cursor.execute(sql.KNOWN_PROFILES.format(columns=KNOWN_COLUMNS), [current_tenant_id()])
            for profile_id, stage, tags, shown, *row in cursor.fetchall():
                values = dict(zip(COLUMNS, row, strict=True))
                self._known[profile_id] = _Known(
                    shown or _called(values), stage, values, heaviest.get(profile_id, {}), set(tags)
                )


def _claim(member_import: MemberImport, row: FileRow, now: datetime) -> Claim:
    values = row.read.values
    birth = values.get(Target.BIRTH)
    return Claim(
        keys=tuple(dict.fromkeys((record_of(member_import, row.line, values), *keys_of_values(values)))),
        name=PersonName.of(values.get(Target.FIRST_NAME, ""), values.get(Target.LAST_NAME, "")),
        birth=distinctive(date.fromisoformat(birth)) if birth else None,
        source=SOURCE,
        event_id=event_id_of(member_import.pk, row.line),
        occurred_at=moment_of(member_import, values, now),
    )


def _know_by_id(rows: Sequence[FileRow]) -> None:
    """Lead rows that name a customer of this platform by its id to the strongest key of that customer."""
    wanted = {row.read.values[Target.CUSTOMER] for row in rows if row.read.values.get(Target.CUSTOMER)}
    if not wanted:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.KEYS_OF_CUSTOMERS, [current_tenant_id(), list(wanted)])
        keys = {str(asked): {"kind": kind, "value": value} for asked, kind, value in cursor.fetchall()}
    for row in rows:
        asked = row.read.values.pop(Target.CUSTOMER, None)
        if asked in keys:
            row.read.values[KNOWN_BY] = keys[asked]
        elif asked is not None:
            text = f"{LABELS[Target.CUSTOMER]}: nobody of this club has it; left out."
            row.read.remarks.append({"field": Target.CUSTOMER.value, "text": text})


def _lacks_id(member_import: MemberImport, row: FileRow) -> bool:
    """Whether a record of the old system is nobody's: brought in twice it would be two."""
    kind = OLD_IDS.get(member_import.form)
    return kind is not None and not row.read.values.get(kind)


def _judge(
    row: FileRow,
    claim: Claim | None,
    identity_map: IdentityMap,
    erased: set[int],
    first_lines: dict[Person, int],
) -> _Judged:
    """Resolve whom a row is about; conflicts and errors are found on the way."""
    judged = _Judged(row)
    if row.is_heading:
        judged.outcome, judged.words = ImportOutcome.SKIPPED, [HEADING]
    elif claim is None:
        judged.outcome = ImportOutcome.ERROR
        judged.words = [row.read.problem or (NO_ID if row.read.names_somebody else NAMES_NOBODY)]
    elif id(claim) in erased:
        judged.outcome, judged.words = ImportOutcome.ERROR, [ERASED]
    if claim is None or judged.outcome is not None:
        return judged
    words = _contradiction(claim, identity_map)
    judged.new_keys = [key for key in claim.keys if key.kind != CRM_RECORD and not identity_map.rows(key)]
    judged.moment = claim.occurred_at
    people, candidates = len(identity_map.people), len(identity_map.candidates)
    merges, absorbed = len(identity_map.merges), len(identity_map.absorbed)
    judged.person = identity_map.resolve(claim).person.root
    for candidate in identity_map.candidates[candidates:]:
        words = words or _of_candidate(candidate, claim)
    if words:
        judged.outcome, judged.words = ImportOutcome.CONFLICT, words
    elif len(identity_map.merges) > merges:
        merge = identity_map.merges[-1]
        judged.words = ["Shows that two customers are one: ", merge.winner, " and ", merge.loser, "."]
    elif len(identity_map.absorbed) > absorbed:
        known, newcomer = identity_map.absorbed[-1]
        judged.words = ["Shows that ", newcomer, " is ", known, "."]
    if judged.person.is_new and len(identity_map.people) > people:
        first_lines.setdefault(judged.person, row.line)
    return judged


def _contradiction(claim: Claim, identity_map: IdentityMap) -> Words:
    """Where an id of a service leads to somebody of another name or birth: ids are followed blindly, slips included."""
    for key in claim.keys[1:]:
        rows = identity_map.rows(key)
        if key.kind not in KEYS or not rows:
            continue
        person = rows[0].person.root
        label = f"{LABELS[Target(key.kind)]} {key.value}"
        if names_disagree(person.names, (claim.name,)):
            return [f"{label} is ", person, ", whose name is another."]
        if claim.birth and person.births and claim.birth not in person.births:
            return [f"{label} is ", person, ", who was born on another day."]
    return []


def _of_candidate(candidate: Candidate, claim: Claim) -> Words:
    kind, one, other = candidate.evidence["key"], candidate.one, candidate.other
    label = LABELS[Target(kind)] if kind in set(Target) else kind
    if candidate.reason == CAP_EXCEEDED:
        return [f"{label} is ", other, ", who has another number than ", one, "; one person has one."]
    doubt = (
        "who cannot be the same person"
        if claim.name.first and one.names
        else "and only one of them has a name"
    )
    return [
        f"{label} is ",
        one,
        f"’s, {doubt}. Brought in, the row becomes a customer of their own who shares it.",
    ]


def _names(values: Mapping[str, Any]) -> tuple[str, str]:
    return str(values.get(Target.FIRST_NAME, "")).lower(), str(values.get(Target.LAST_NAME, "")).lower()


def _called(values: Mapping[str, Any]) -> str:
    """What to call a person who has chosen no name to be shown, as everywhere."""
    full = f"{values['firstName']} {values['lastName']}".strip()
    return str(full or values["email"] or values["phoneNumber"] or "Unknown person")


def _verdict(judged: _Judged, known: Mapping[UUID, _Known], first_lines: Mapping[Person, int]) -> Verdict:
    """The outcome with its reasons, all people named."""
    read = judged.row.read
    verdict = Verdict(judged.row.line, judged.outcome or ImportOutcome.CREATE, remarks=list(read.remarks))
    verdict.reason = "".join(
        word if isinstance(word, str) else _name_of(word, known, first_lines) for word in judged.words
    )
    person = judged.person.root if judged.person is not None else None
    if person is None:
        return verdict
    found = None if person.is_new else known.get(person.profile_id)
    if found is not None:
        verdict.profile_id, verdict.stage_before = person.profile_id, found.stage_reached
    if judged.outcome is not None:
        return verdict
    if found is not None:
        verdict.changes = _changes(judged, found, verdict)
        is_said = bool(verdict.changes or verdict.reason)
        verdict.outcome = ImportOutcome.UPDATE if is_said else ImportOutcome.UNCHANGED
    elif first_lines.get(person) not in (None, judged.row.line):
        verdict.outcome = ImportOutcome.UPDATE
        verdict.reason = verdict.reason or f"The same person as in line {first_lines[person]}."
    return verdict


def _name_of(person: Person, known: Mapping[UUID, _Known], first_lines: Mapping[Person, int]) -> str:
    if person.is_new:
        return f"the person of line {first_lines.get(person, '?')}"
    found = known.get(person.profile_id)
    return found.name if found is not None else "a customer"


def _changes(judged: _Judged, known: _Known, verdict: Verdict) -> list[dict[str, Any]]:
    """Field, before, after, for what a row changes of a customer; remarks on what their owner keeps."""
    changes: list[dict[str, Any]] = []
    for name, value in judged.row.read.values.items():
        if name not in COLUMNS:
            continue
        before = known.values[name]
        before = before.isoformat() if isinstance(before, date) else before
        if name in NAMES and before and folded(before) == folded(value):
            # The spelling that is known stays: a file in capitals is no news.
            judged.row.read.values[name] = before
            continue
        if before == value:
            continue
        rank, said_at = known.heaviest.get(name, (FILLS_GAPS, None))
        if rank > ORDINARY or (rank == ORDINARY and said_at and judged.moment and said_at > judged.moment):
            owner = (
                OWNERS.get(FIELD_OWNERS.get(name, ""), "its owner") if rank > ORDINARY else "somebody later"
            )
            text = f"{LABELS[Target(name)]}: stays {shown(name, before)}, as {owner} says."
            verdict.remarks.append({"field": name, "text": text})
            continue
        known.values[name] = value
        changes.append({"field": name, "before": shown(name, before), "after": shown(name, value)})
    changes += [
        {"field": key.kind, "before": "", "after": key.value}
        for key in judged.new_keys
        if key.kind not in COLUMNS
    ]
    added = sorted(set(judged.row.read.values.get(Target.TAGS, ())) - known.tags)
    if added:
        known.tags.update(added)
        changes.append({"field": Target.TAGS.value, "before": "", "after": "; ".join(added)})
    return changes


def shown(name: str, value: Any) -> str:
    """A value as staff write it; a handicap in strokes."""
    if value is None or value == "":
        return "empty"
    if isinstance(value, list):
        return "; ".join(value)
    if name == Target.HANDICAP:
        return as_printed(value)
    if name in DATE_COLUMNS:
        return full_day(date.fromisoformat(value))
    return str(value)
