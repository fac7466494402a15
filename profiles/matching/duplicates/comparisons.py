"""What is compared between two customers, in Splink's words: comparisons with their levels, the strongest first.

Names that hang together are one comparison, because Splink adds weights up as if comparisons knew nothing of each
other. A family shares its surname, mailbox and telephone at once: three weights that would outvote the one first
name. So a surname counts only together with the first name (`NAME`), and an address only together with it (`CONTACT`).

The conditions are SQL that DuckDB and Spark have in common, but for the names in `SPARK_NAMES`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from profiles.names import (
    COUPLES,
    ENDINGS_OF_ONE_NAME,
    FEMININE_ENDINGS,
    FEMININE_IN_E,
    SHORTEST_STEM,
    VOWELS,
)

# DuckDB's name of a function → Spark's.
SPARK_NAMES: Final = {"list_has_any(": "arrays_overlap("}


def condition_for(dialect: str, condition: str) -> str:
    """A condition as one engine understands it."""
    if dialect == "spark":
        for ours, theirs in SPARK_NAMES.items():
            condition = condition.replace(ours, theirs)
    return condition


@dataclass(frozen=True, slots=True)
class Level:
    """One outcome of a comparison. `words`: for staff; `frequency_of`: the column whose rarity adds weight.

    `thins_out`: the larger the club, the less often two strangers are like this; u is then stored as it would be in a
    club of two.
    """

    code: str
    words: str
    condition: str
    frequency_of: str = ""
    thins_out: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Outcomes in the order in which they are tried; `unknown`: the condition under which nothing can be said."""

    code: str
    label: str
    unknown: str
    levels: tuple[Level, ...]
    otherwise: Level

    @property
    def outcomes(self) -> tuple[Level, ...]:
        """All levels, in the order in which they are tried."""
        return (*self.levels, self.otherwise)


def _same(column: str, noun: str) -> Comparison:
    """Whether a column is the same on both sides; nothing is said where one has none."""
    one, other = f"{column}_l", f"{column}_r"
    return Comparison(
        column,
        noun.capitalize(),
        f"{one} is null or {other} is null",
        (Level("same", f"the same {noun}", f"{one} = {other}"),),
        Level("different", f"different {noun}s", "ELSE"),
    )


def _similar(column: str) -> str:
    """One slip of the pen apart, two in long words."""
    one, other = f"{column}_l", f"{column}_r"
    shorter = f"least(length({one}), length({other}))"
    return f"({shorter} >= 4 and levenshtein({one}, {other}) <= case when {shorter} >= 7 then 2 else 1 end)"


def _overlap(column: str) -> str:
    return f"list_has_any({column}_l, {column}_r)"


def _starts_with(column: str) -> str:
    """One is the beginning of the other."""
    one, other = f"{column}_l", f"{column}_r"
    return f"(substr({one}, 1, length({other})) = {other} or substr({other}, 1, length({one})) = {one})"


def _part(column: str) -> str:
    """One is a longer part of the other, as Lebo of Kelebogile; endings of endearment count for nothing."""
    stems = [f"regexp_replace({column}_{side}, '(ie|i|y|a)$', '')" for side in ("l", "r")]
    return " or ".join(
        f"(length({short}) >= 3 and instr({column}_{side}, {short}) > 0)"
        for short, side in zip(stems, ("r", "l"), strict=True)
    )


def _texts(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


def _feminine(feminine: str, masculine: str) -> str:
    """As `names.is_feminine_form`."""
    ending, last = (
        f"substr({feminine}, length({masculine}) + 1)",
        f"substr({masculine}, length({masculine}), 1)",
    )
    return (
        f"(length({masculine}) > {SHORTEST_STEM} and substr({feminine}, 1, length({masculine})) = {masculine}"
        f" and ({ending} = 'a' or ({ending} = 'e' and {feminine} in ({_texts(FEMININE_IN_E)}))"
        f" or ({last} <> 'i' and ({ending} in ({_texts(FEMININE_ENDINGS)})"
        f" or {ending} in (concat({last}, 'a'), concat({last}, 'e'))))))"
    )


def _other_ending(column: str) -> str:
    """As `names.have_other_endings`."""
    one, other = f"{column}_l", f"{column}_r"
    different = [
        f"{first}{second}"
        for first, second in permutations(sorted(VOWELS), 2)
        if {first, second} not in ENDINGS_OF_ONE_NAME
    ]
    stems = [f"substr({side}, 1, length({side}) - 1)" for side in (one, other)]
    ends = [f"substr({side}, length({side}), 1)" for side in (one, other)]
    return f"({stems[0]} = {stems[1]} and concat({ends[0]}, {ends[1]}) in ({_texts(different)}))"


def _couple(column: str) -> str:
    """As `names.COUPLES`."""
    one, other = f"{column}_l", f"{column}_r"
    couples = _texts(" ".join(sorted(couple)) for couple in COUPLES)
    return f"(concat(least({one}, {other}), ' ', greatest({one}, {other})) in ({couples}))"


def _first_names(prefix: str) -> tuple[str, str]:
    """Conditions for the same first name, and for one that may be the same person's, on a set of columns."""
    column = f"{prefix}first"
    same = f"({column}_l = {column}_r and length({column}_l) > 1)"
    of_two = " or ".join(
        (
            _feminine(f"{column}_l", f"{column}_r"),
            _feminine(f"{column}_r", f"{column}_l"),
            _other_ending(column),
            _couple(column),
        )
    )
    close = (
        f"({prefix}root_l = {prefix}root_r or {_overlap(prefix + 'firsts')}"
        f" or (({_starts_with(column)} or {_similar(column)} or {_part(column)}) and not ({of_two})))"
    )
    return same, close


SAME_FIRST, CLOSE_FIRST = _first_names("")
SAME_LAST = "last_l = last_r"
CLOSE_LAST = f"({_similar('last')} or {_overlap('lasts')})"
NO_FIRST = "(first_l is null or first_r is null)"
NO_LAST = "(last_l is null or last_r is null)"
SWAPPED = "(first_l = last_r and last_l = first_r)"
MAY_BE_FIRST = f"({_first_names('c_')[1]} or (c_first_l = c_last_r and c_last_l = c_first_r))"
SAME_EMAIL = f"(email_l = email_r or {_overlap('emails')})"
SAME_PHONE = f"(phone_l = phone_r or {_overlap('phones')})"
# The same mailbox with a slip of the pen: a letter too many, too few, another, or two signs exchanged. A digit more or
# less is somebody else's of the same name.
NEAR_EMAIL = (
    "(mail_host_l = mail_host_r and ((levenshtein(email_l, email_r) = 1 and mail_digits_l = mail_digits_r)"
    " or (levenshtein(email_l, email_r) = 2 and mail_sorted_l = mail_sorted_r)))"
)
NO_C_FIRST = "(c_first_l is null or c_first_r is null)"
SPELLED = (
    "((c_first_l is null or c_last_l is null or c_first_r is null or c_last_r is null)"
    f" and {_overlap('spellings')})"
)

NAME: Final = Comparison(
    "name",
    "Name",
    # Of those who share an address under other first names `CONTACT` says all: a family has one surname anyhow.
    "(first_l is null and last_l is null) or (first_r is null and last_r is null)"
    " or (first_l is null and last_r is null) or (last_l is null and first_r is null)"
    f" or (({SAME_EMAIL} or {SAME_PHONE}) and not {CLOSE_FIRST} and not {SWAPPED})",
    (
        Level("same", "the same first and last name", f"{SAME_FIRST} and {SAME_LAST}", "full_name"),
        Level("swapped", "first and last name swapped", SWAPPED),
        Level(
            "close_first",
            "same last name, first names that may be one",
            f"{CLOSE_FIRST} and {SAME_LAST}",
            "last",
        ),
        Level("close_last", "same first name, last names alike", f"{SAME_FIRST} and {CLOSE_LAST}"),
        Level("both_close", "first and last names alike", f"{CLOSE_FIRST} and {CLOSE_LAST}"),
        Level("first_only", "same first name, no last name known", f"{SAME_FIRST} and {NO_LAST}", "first"),
        Level(
            "close_first_only",
            "first names that may be one, no last name known",
            f"{CLOSE_FIRST} and {NO_LAST}",
        ),
        Level("last_only", "same last name, no first name known", f"{SAME_LAST} and {NO_FIRST}"),
        Level("other_last", "same first name, other last name", SAME_FIRST),
        Level("other_first", "same last name, other first name", SAME_LAST),
    ),
    Level("different", "different names", "ELSE"),
)
CONTACT: Final = Comparison(
    "contact",
    "E-mail and phone",
    "(email_l is null and phone_l is null) or (email_r is null and phone_r is null)",
    (
        Level(
            "both",
            "same e-mail and phone",
            f"{SAME_EMAIL} and {SAME_PHONE} and {MAY_BE_FIRST}",
            thins_out=True,
        ),
        Level("email", "same e-mail address", f"{SAME_EMAIL} and {MAY_BE_FIRST}", thins_out=True),
        Level("phone", "same phone number", f"{SAME_PHONE} and {MAY_BE_FIRST}", thins_out=True),
        Level(
            "nameless",
            "same e-mail or phone, one without a first name",
            f"({SAME_EMAIL} or {SAME_PHONE}) and {NO_C_FIRST}",
            thins_out=True,
        ),
        Level(
            "household",
            "same e-mail or phone, but other first names",
            f"{SAME_EMAIL} or {SAME_PHONE}",
            thins_out=True,
        ),
        Level(
            "near",
            "e-mail addresses with a slip of the pen",
            f"{NEAR_EMAIL} and {MAY_BE_FIRST}",
            thins_out=True,
        ),
        Level("handle", "e-mail addresses alike but for the domain or digits", _overlap("handles")),
        Level("spelled", "the e-mail address spells the name that the other lacks", SPELLED),
    ),
    Level("different", "other e-mail and phone", "ELSE"),
)
BIRTH: Final = Comparison(
    "birth",
    "Date of birth",
    "born_l is null or born_r is null",
    (
        Level("same", "the same date of birth", "born_l = born_r"),
        Level("swapped", "day and month of birth swapped", "born_l = born_swapped_r"),
        Level("slip", "dates of birth one digit apart", "levenshtein(born_l, born_r) <= 1"),
        Level(
            "two_parts",
            "two parts of the date of birth the same",
            "substr(born_l, 1, 6) = substr(born_r, 1, 6) or substr(born_l, 5, 4) = substr(born_r, 5, 4)",
        ),
    ),
    Level("different", "different dates of birth", "ELSE"),
)
# Which services know them: one person is seldom twice in one service, and often once in each.
SERVICES: Final = Comparison(
    "services",
    "Services",
    "services_l = 0 or services_r = 0",
    (
        Level("logins", "two logins", "login_l <> login_r"),
        Level("golf_ids", "two golf numbers of the same union", "golf_id_l <> golf_id_r"),
        Level(
            "members",
            "two member numbers and two players",
            "member_l > 0 and member_r > 0 and player_l > 0 and player_r > 0",
        ),
        Level("two_members", "two member numbers", "member_l > 0 and member_r > 0"),
        Level("two_players", "two players", "player_l > 0 and player_r > 0"),
        Level("two_contacts", "two message contacts", "contact_l > 0 and contact_r > 0"),
    ),
    Level("complement", "each known to other services", "ELSE"),
)
CLUB: Final = _same("club", "home club")
HANDICAP: Final = Comparison(
    "handicap",
    "Handicap",
    "handicap_l is null or handicap_r is null",
    (
        Level("same", "the same handicap", "abs(handicap_l - handicap_r) <= 1"),
        Level("near", "handicaps within two strokes", "abs(handicap_l - handicap_r) <= 20"),
    ),
    Level("different", "different handicaps", "ELSE"),
)
GENDER: Final = _same("gender", "gender")
# Weaker than it looks: whoever shares a house shares it, and of a club's members many live in few places.
POSTCODE: Final = _same("postcode", "postcode")
COMPARISONS: Final[Sequence[Comparison]] = (NAME, CONTACT, BIRTH, SERVICES, CLUB, HANDICAP, GENDER, POSTCODE)
