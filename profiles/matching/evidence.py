"""What speaks for and against two customers being one person, in words and weights. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from profiles.births import distinctive
from profiles.names import PersonName, may_be_one_person, spells_somebody_else
from profiles.normalise import folded

# Bits of evidence, about as much as the search for duplicates gives for the same (see docs/duplicates.md).
SAME_EMAIL, SAME_PHONE = 7.0, 6.0
# Of two with other first names an address tells that they live together, and no more.
OF_A_FAMILY: Final = 0.5
SAME_NAME, ALIKE_NAME, OTHER_NAME = 5.0, 2.0, -6.0
SAME_BIRTH, SWAPPED_BIRTH, OTHER_BIRTH = 7.0, 4.0, -7.0
SAME_CLUB, NEAR_HANDICAP, FAR_HANDICAP = 0.5, 1.0, -2.0
TWO_IDS: Final = -8.0
OTHER_NAME_IN_MAIL: Final = -5.0
NEAR_TENTHS, FAR_TENTHS = 15, 80
WORDS: Final = {"email": "Same e-mail address", "phoneNumber": "Same phone number"}
WEIGHTS: Final = {"email": SAME_EMAIL, "phoneNumber": SAME_PHONE}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One point: in plain words, and how much it weighs; above 0 it speaks for one person."""

    words: str
    weight: float


@dataclass(frozen=True, slots=True)
class Side:
    """What is known of one of the two. `keys`: (kind, value)."""

    name: PersonName
    birth: date | None
    home_club: str
    handicap_tenths: int | None
    keys: Collection[tuple[str, str]]


def compare(one: Side, other: Side) -> list[Evidence]:
    """Every point, the heaviest first."""
    points = [
        *_addresses(one, other),
        *_ids(one, other),
        *_name(one, other),
        *_mailbox(one, other),
        *_birth(one, other),
        *_golf(one, other),
    ]
    return sorted(points, key=lambda point: -abs(point.weight))


def from_comparisons(comparisons: Sequence[Mapping[str, Any]]) -> list[Evidence]:
    """The points that the search for duplicates stored with a pair."""
    points = [Evidence(str(each["words"]).capitalize(), float(each["weight"])) for each in comparisons]
    return [point for point in points if point.weight]


def _addresses(one: Side, other: Side) -> list[Evidence]:
    shared = set(one.keys) & set(other.keys)
    kinds = [kind for kind in ("email", "phoneNumber") if any(kind == held for held, _ in shared)]
    is_family = is_rather_household(one, other)
    return [Evidence(WORDS[kind], OF_A_FAMILY if is_family else WEIGHTS[kind]) for kind in kinds]


def _ids(one: Side, other: Side) -> list[Evidence]:
    points = []
    for kind, words in (("sclMemberId", "member numbers"), ("teetimePlayerId", "TeeTime players")):
        ones, others = ({value for k, value in side.keys if k == kind} for side in (one, other))
        if ones and others and not ones & others:
            points.append(Evidence(f"Two different {words}; a person has one", TWO_IDS))
    return points


def _name(one: Side, other: Side) -> list[Evidence]:
    if not one.name.first or not other.name.first:
        return []
    if one.name == other.name:
        return [Evidence("Same name", SAME_NAME)]
    if may_be_one_person(one.name, other.name):
        same_last = one.name.last and folded(one.name.last) == folded(other.name.last)
        words = "Same last name, first names may be one" if same_last else "Names may be one person's"
        return [Evidence(words, ALIKE_NAME + (1 if same_last else 0))]
    return [Evidence("Different first names", OTHER_NAME)]


def _mailbox(one: Side, other: Side) -> list[Evidence]:
    """Of two, one of whom has no name: an address that spells another first name, as couples have it."""
    if one.name.first and other.name.first:
        return []
    named, nameless = (one, other) if one.name.first else (other, one)
    if any(kind == "email" and spells_somebody_else(named.name, value) for kind, value in nameless.keys):
        return [Evidence("The e-mail address spells another first name", OTHER_NAME_IN_MAIL)]
    return []


def is_rather_household(one: Side, other: Side) -> bool:
    """Whether two who share an address have other first names, also in the address itself: a couple, a family."""
    shared = {kind for kind, _ in set(one.keys) & set(other.keys)} & {"email", "phoneNumber"}
    if not shared:
        return False
    if one.name.first and other.name.first:
        return not may_be_one_person(one.name, other.name)
    return bool(_mailbox(one, other))


def _birth(one: Side, other: Side) -> list[Evidence]:
    born, other_born = distinctive(one.birth), distinctive(other.birth)
    if born is None or other_born is None:
        return []
    if born == other_born:
        return [Evidence("Same date of birth", SAME_BIRTH)]
    if (born.year, born.month, born.day) == (other_born.year, other_born.day, other_born.month):
        return [Evidence("Dates of birth with day and month swapped", SWAPPED_BIRTH)]
    return [Evidence("Different dates of birth", OTHER_BIRTH)]


def _golf(one: Side, other: Side) -> list[Evidence]:
    points = []
    if one.home_club and one.home_club == other.home_club:
        points.append(Evidence("Same home club", SAME_CLUB))
    if one.handicap_tenths is not None and other.handicap_tenths is not None:
        distance = abs(one.handicap_tenths - other.handicap_tenths)
        if distance <= NEAR_TENTHS:
            points.append(Evidence("Handicaps close together", NEAR_HANDICAP))
        elif distance >= FAR_TENTHS:
            points.append(Evidence("Handicaps far apart", FAR_HANDICAP))
    return points
