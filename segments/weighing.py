"""One statement that asks many rules about a few people, and says whose membership differs.

Each person is looked at once: their row, their timeline, their memberships. Different leaves are answered once,
whatever number of rules share them, and each rule is a bit of a word made of the answers, as is each membership: what
differs is an exclusive or. Text and values are kept for a day of the club, since nothing in them moves before midnight.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from profiles.restricting import RESTRICTED
from segments import statements as sql
from segments.clock import Clock
from segments.compiler import Parameters, compose
from segments.ruled import Ruled
from segments.rules import Leaf, leaves_of
from segments.tallies import OfEach, Once

# Bits of a bigint that are used; the sign is not.
WORD: Final = 60
# So many leaves are asked in one statement; a rule has at most 200.
MOST_LEAVES: Final = 2_000
MOST_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Weighing:
    """A statement about whoever stands in `weighed_person`; `places`: where each segment's leaves are answered."""

    statement: str
    values: Mapping[str, Any]
    segments: tuple[Ruled, ...]
    places: Mapping[UUID, tuple[int, ...]]
    looking: frozenset[UUID]

    def asked(self, wanted: frozenset[UUID]) -> tuple[list[int], bool]:
        """The words of those of its segments that are wanted, and whether they look at the timeline."""
        mine = [each.id in wanted for each in self.segments]
        return words_of(mine), not self.looking.isdisjoint(wanted)

    def answers(self, segment_id: UUID, text: str) -> list[bool]:
        """What a segment's leaves said, of the answers as PostgreSQL writes them: `{t,f,…}`."""
        return [text[2 * place + 1] == "t" for place in self.places[segment_id]]


def words_of(bits: Sequence[bool]) -> list[int]:
    """Bits, the first one lowest, as numbers of WORD bits."""
    return [
        sum(1 << place for place, bit in enumerate(bits[start : start + WORD]) if bit)
        for start in range(0, len(bits), WORD)
    ]


def weighings(tenant_id: UUID, segments: Iterable[Ruled], clock: Clock) -> Iterator[Weighing]:
    """The statements that ask all these rules, kept for next time."""
    part: list[Ruled] = []
    count = 0
    for each in segments:
        size = len(leaves_of(each.rule.root))
        if part and count + size > MOST_LEAVES:
            yield _kept_weighing(tenant_id, part, clock)
            part, count = [], 0
        part.append(each)
        count += size
    if part:
        yield _kept_weighing(tenant_id, part, clock)


_kept: dict[Any, Weighing] = {}


def _kept_weighing(tenant_id: UUID, segments: Sequence[Ruled], clock: Clock) -> Weighing:
    """Versions of a rule never change, and a rule means the same all day."""
    key = (tenant_id, clock.zone.key, clock.today, tuple((each.id, each.version) for each in segments))
    found = _kept.get(key)
    if found is None:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        found = _kept[key] = _write(tenant_id, segments, clock)
    return found


def _write(tenant_id: UUID, segments: Sequence[Ruled], clock: Clock) -> Weighing:
    parameters = Parameters("w")
    parameter = Once(parameters)
    writer = OfEach(parameter, parameter(tenant_id, "uuid"), clock)
    answered: dict[Leaf, int] = {}

    def place(leaf: Leaf) -> str:
        return f"v.l[{answered.setdefault(leaf, len(answered)) + 1}]"

    conditions = [compose(each.rule.root, place) for each in segments]
    leaves = [writer.leaf(leaf) for leaf in answered]
    count = len(words_of([False] * len(segments)))
    words = [word_of(conditions[start : start + WORD]) for start in range(0, len(segments), WORD)]
    differs = [f"((q.w{n} # had.h{n}) & w.asked[{n + 1}])" for n in range(count)]
    statement = sql.WEIGH.format(
        restricted=RESTRICTED,
        tallies=writer.tallies.of_each(person="w.profile_id", when="w.looks"),
        had=", ".join(
            f"COALESCE(bit_or(1::bigint << place %% {WORD}) FILTER (WHERE place / {WORD} = {n}), 0) AS h{n}"
            for n in range(count)
        ),
        leaves=", ".join(leaves),
        words=", ".join(
            f"CASE WHEN p.id IS NULL THEN 0 ELSE {word} END AS w{n}" for n, word in enumerate(words)
        ),
        wanted=", ".join(f"q.w{n}" for n in range(count)),
        differs=", ".join(differs),
        any_differs=" | ".join(differs),
        word=WORD,
    )
    values = {**parameters.values, "tenant": tenant_id, "segments": [each.id for each in segments]}
    places = {each.id: tuple(answered[leaf] for leaf in leaves_of(each.rule.root)) for each in segments}
    looking = frozenset(each.id for each in segments if each.rule.mentions.event_types)
    return Weighing(statement, values, tuple(segments), places, looking)


def word_of(conditions: Sequence[str]) -> str:
    """Conditions as the bits of a bigint, the first one lowest; unknown is false."""
    bits = [f"CASE WHEN {each} THEN {1 << place}::bigint ELSE 0 END" for place, each in enumerate(conditions)]
    return f"({' | '.join(bits)})"
