"""One row of a file as what an event would be: values, keys, and what had to be left aside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from events.identity_hints import IdentityKey
from profiles.club import Club
from profiles.effects.drafts import Subject
from profiles.effects.subjects import add_facts
from profiles.exchange.importing.cells import Reader, Unreadable, read_cell
from profiles.exchange.importing.days import is_month_first, month_first_of
from profiles.exchange.importing.plain_cells import plain
from profiles.exchange.importing.statuses import DECEASED, MEMBERS
from profiles.exchange.importing.targets import DAYS, KEYS, LABELS, Target
from profiles.exchange.importing.written_names import is_family, people_in, split_name
from profiles.models import CRM_RECORD, LifecycleStage, MemberImport, ProfileStatus
from profiles.normalise import folded, is_mobile

SOURCE: Final = "crm"
ADDRESSES: Final = (Target.EMAIL, Target.PHONE)
NAMES: Final = (Target.FIRST_NAME, Target.LAST_NAME)
# What makes somebody a member, whatever else is said.
OF_MEMBERS: Final = (
    Target.MEMBER,
    Target.MEMBER_NUMBER,
    Target.TIER,
    Target.STATUS,
    Target.MEMBER_SINCE,
    Target.EXPIRY,
)
# The key of the customer whom an id of this platform names, found at the check.
KNOWN_BY: Final = "knownBy"
# A status stands there that nobody has given a meaning: not understood makes nobody a member.
UNKNOWN_STATUS: Final = "unknownStatus"
NO_FACTS: Final = frozenset(
    {*KEYS, Target.TAGS, Target.CREATED_AT, Target.CUSTOMER, KNOWN_BY, UNKNOWN_STATUS}
)
# By the form of an import.
OLD_IDS: Final[Mapping[str, Target]] = {
    MemberImport.Form.MCA_ZA: Target.MCA_ZA,
    MemberImport.Form.MCA_UK: Target.MCA_UK,
}
# The kinds of keys by which a row leads to somebody, strongest first.
KINDS: Final = tuple(one.value for one in (*KEYS, *ADDRESSES))
LINE_WIDTH: Final = 7
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
NAMES_NOBODY: Final = (
    "No person given: there is neither a name nor an e-mail, phone or number that can be taken."
)


@dataclass(slots=True)
class RowRead:
    """What a row says: target → normal value (JSON), and remarks (field, words) on what was left aside."""

    values: dict[str, Any] = field(default_factory=dict)
    remarks: list[dict[str, str]] = field(default_factory=list)
    # Why the row is about nobody in particular, where it is about two people.
    problem: str = ""

    @property
    def names_somebody(self) -> bool:
        """Whether anything of it could lead to a person."""
        return any(self.values.get(one) for one in (*NAMES, *ADDRESSES, *KEYS, Target.CUSTOMER))


class RowReader:
    """Reads the rows of one table, whose columns go to the given targets."""

    def __init__(
        self,
        club: Club,
        targets: Sequence[Target],
        rows: Sequence[Sequence[str]],
        today: date,
        *,
        statuses: Mapping[str, str] | None = None,
        is_own: bool = False,
    ) -> None:
        is_default_month_first = is_month_first(club.country)
        self._columns = [
            (
                place,
                target,
                Reader(
                    club,
                    today,
                    self._order(place, target, rows, is_default_month_first),
                    statuses or {},
                    is_own,
                ),
            )
            for place, target in enumerate(targets)
            if target is not Target.IGNORE
        ]

    @staticmethod
    def _order(place: int, target: Target, rows: Sequence[Sequence[str]], default: bool) -> bool:
        if target not in DAYS:
            return default
        return month_first_of((row[place] for row in rows if place < len(row)), default)

    def read(self, cells: Sequence[str]) -> RowRead:
        """Values of all columns; of two for one target the first that says something. What is dropped is remarked."""
        row = RowRead()
        width = len(cells)
        for place, target, reader in self._columns:
            cell = cells[place] if place < width else ""
            if not cell:
                continue
            try:
                read = read_cell(target, cell, reader)
            except Unreadable as error:
                if target is Target.MEMBER and self._keep_printed(row, cell, reader):
                    continue
                if target is Target.STATUS:
                    row.values[UNKNOWN_STATUS] = True
                _remark(row, target, f"{error}; left out.")
                continue
            if read.value is not None and target in row.values and target is not Target.TAGS:
                if read.value != row.values[target]:
                    self._keep_one(row, target, read.value, plain(cell))
                continue
            if read.remark:
                _remark(row, target, f"{read.remark}.")
            self._keep(row, target, read.value)
        _join_prefix(row)
        row.problem = couple_problem(row.values, cells, self._columns)
        return row

    @staticmethod
    def _keep_one(row: RowRead, target: Target, value: Any, said: str) -> None:
        """Of two for one target the first; but a mobile number, which messages reach, before another."""
        kept = row.values[target]
        if target is Target.PHONE and is_mobile(value) and not is_mobile(kept):
            row.values[target.value], said = value, kept
        _remark(row, target, f"a second one, {said[:50]!r}; left out.")

    @staticmethod
    def _keep_printed(row: RowRead, cell: str, reader: Reader) -> bool:
        """Take a number with letters in a column of whole ones as the club's own: 123A. Whether it is one."""
        try:
            read = read_cell(Target.MEMBER_NUMBER, cell, reader)
        except Unreadable:
            return False
        if read.value is None:
            return False
        row.values.setdefault(Target.MEMBER_NUMBER.value, read.value)
        _remark(
            row, Target.MEMBER, f"{read.value} is no whole number; as the club's own number it was taken."
        )
        return True

    @staticmethod
    def _keep(row: RowRead, target: Target, value: Any) -> None:
        if value is None:
            return
        if target is Target.FULL_NAME:
            first, last = split_name(value)
            if first:
                row.values.setdefault(Target.FIRST_NAME.value, first)
            if last:
                row.values.setdefault(Target.LAST_NAME.value, last)
        elif target is Target.TAGS:
            row.values[target.value] = sorted({*row.values.get(target.value, []), *value})
        else:
            row.values[target.value] = value


def _remark(row: RowRead, target: Target, words: str) -> None:
    row.remarks.append({"field": target.value, "text": f"{LABELS[target]}: {words}"})


def _join_prefix(row: RowRead) -> None:
    """Put the prefix that has a column of its own before the last name: van der Berg."""
    prefix = row.values.pop(Target.PREFIX.value, "")
    last = row.values.get(Target.LAST_NAME.value, "")
    if prefix and last and not folded(last).startswith(folded(prefix)):
        row.values[Target.LAST_NAME.value] = f"{prefix} {last}"
    elif prefix and not last:
        _remark(row, Target.PREFIX, "there is no last name; left out.")


def couple_problem(
    values: Mapping[str, Any], cells: Sequence[str], columns: Sequence[tuple[int, Target, Reader]]
) -> str:
    """Why a row of several people is set aside, with each as they would be written; empty for one person."""
    for place, target, reader in columns:
        if target not in (Target.FIRST_NAME, Target.FULL_NAME) or place >= len(cells) or reader.is_own:
            continue
        name = plain(cells[place])
        last = values.get(Target.LAST_NAME, "") if target is Target.FIRST_NAME else ""
        people = people_in(name, last)
        if people:
            count = "two" if len(people) == 2 else str(len(people))  # noqa: PLR2004 - a pair
            return (
                f"Names {count} people: {', '.join(people[:-1])} and {people[-1]}. Write a line for each; with the same"
                " address they become a household with one mailbox."
            )
        if is_family(name, last):
            return f"Names a family: {f'{name} {last}'.strip()}. Write a line for each of its people."
    return ""


def record_of(member_import: MemberImport, line: int, values: Mapping[str, Any]) -> IdentityKey:
    """The key under which a row's facts are kept: one of its own, or the old system's id of the person.

    A row's own key makes an import undoable; the old system's id makes a backfill repeatable.
    """
    kind = OLD_IDS.get(member_import.form)
    if kind is not None and values.get(kind):
        return IdentityKey(kind.value, values[kind])
    return IdentityKey(CRM_RECORD, event_id_of(member_import.pk, line))


@lru_cache(maxsize=16)
def event_prefix(import_id: UUID) -> str:
    """How the ids begin under which an import's facts, keys and merges are kept."""
    return f"import:{import_id}:"


def event_id_of(import_id: UUID, line: int) -> str:
    """The id of a row's facts; padded, so that of two rows about one person the later one counts."""
    return f"{event_prefix(import_id)}{line:0{LINE_WIDTH}d}"


def moment_of(member_import: MemberImport, values: Mapping[str, Any], now: datetime) -> datetime:
    """When a row's facts were true: now; of the old system when it says so, or long ago: what is newer stands."""
    stated = values.get(Target.CREATED_AT)
    if stated:
        return datetime.fromisoformat(stated)
    return LONG_AGO if member_import.form in OLD_IDS else now


def keys_of_values(values: Mapping[str, Any]) -> list[IdentityKey]:
    """The keys by which a row leads to somebody, strongest first."""
    keys = [IdentityKey(kind, values[kind]) for kind in KINDS if values.get(kind)]
    known = values.get(KNOWN_BY)
    return [IdentityKey(known["kind"], known["value"]), *keys] if known else keys


def subject_of_row(
    record: IdentityKey,
    values: Mapping[str, Any],
    keys: Sequence[IdentityKey],
    only: Collection[str] | None = None,
) -> Subject:
    """The person of a row, whose facts are kept under `record`; empty cells say nothing.

    `only`: the fields that are stated (None: all); the others are known from elsewhere, and tell who it is.
    """
    subject = Subject(
        keys=tuple(dict.fromkeys((record, *keys))),
        stage=stage_of_values(values),
        tags=frozenset(values.get(Target.TAGS, ())),
    )
    facts = {
        name: date.fromisoformat(value) if name == Target.BIRTH else value
        for name, value in values.items()
        if name not in NO_FACTS
    }
    if values.get(Target.STATUS) == DECEASED:
        facts["status"] = ProfileStatus.INACTIVE.value
    add_facts(subject, SOURCE, facts)
    if only is not None:
        subject.facts = [fact for fact in subject.facts if fact.field in only]
    return subject


def stage_of_values(values: Mapping[str, Any]) -> LifecycleStage:
    """MEMBER where the row says anything of a membership that is not over; a status decides alone, known or not."""
    if values.get(UNKNOWN_STATUS):
        return LifecycleStage.SUBSCRIBER
    status = values.get(Target.STATUS)
    is_member = status in MEMBERS if status else any(values.get(one) for one in OF_MEMBERS)
    return LifecycleStage.MEMBER if is_member else LifecycleStage.SUBSCRIBER
