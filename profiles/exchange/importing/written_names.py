"""Names as offices write them: shouted, turned round, with titles and honours, of two people in one cell. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from profiles.normalise import folded
from profiles.shouted_names import INITIALS, PARTICLES

TITLE_WORDS: Final = (
    "mr mrs ms miss mx dr prof rev sir dame lady lord capt col maj lt adv hon mnr mev mej me ds herr frau hr fr dhr "
    "mevr mw m mme mlle monsieur madame mademoiselle senor senora sr sra srta sig don dona pan pani"
)
TITLES: Final = frozenset(TITLE_WORDS.split())
# A word that only one of the particles' languages puts there; alone in front of a last name it is an initial.
INNER_PARTICLES: Final = frozenset({"t", "s", "v", "d", "und", "an"})
# Said behind a name and no part of it, folded.
HONOURS: Final = frozenset("obe mbe cbe kbe qc kc phd msc bsc ma ba md frcs esq jp dec decd deceased".split())  # noqa: SIM905
GENERATIONS: Final = frozenset(
    {"jr", "jnr", "jun", "junior", "sr", "snr", "sen", "senior", "ii", "iii", "iv"}
)
FAMILIES: Final = frozenset(
    {
        "family",
        "familie",
        "familia",
        "famille",
        "famiglia",
        "fam",
        "household",
        "gesin",
        "gezin",
        "rodina",
        "rodzina",
        "familj",
        "perhe",
        "ehepaar",
        "eheleute",
        "echtpaar",
        "egpaar",
    }
)
BRACKETS: Final = re.compile(r"\(([^()]*)\)")
LEAST_WORDS: Final = 2
# As in Anna & Piet, Mr and Mrs, Anna/Piet: two people. One letter stands between two people only beside titles.
BETWEEN: Final = re.compile(
    r"\s*[&+;]\s*|(?<=[^\W\d_]{2}|[^\W\d_]\.)\s*/\s*(?=[^\W\d_]{2})"
    r"|\s+(?:and|und|en|et|og|och|ja|ve|és|oraz|και|и|plus|u\.)\s+",
    re.IGNORECASE,
)
# In a column of first names one small letter is a conjunction too: Anna y Pedro, Anna e Pedro, Anna i Piotr.
BETWEEN_FIRST_NAMES: Final = re.compile(r"(?<=[^\W\d_]{2})\s+[yeia]\s+(?=[^\W\d_]{2})|\s*,\s*")
BETWEEN_TITLES: Final = re.compile(r"\s+[yei]\s+", re.IGNORECASE)


# Han with kana, and Hangul.
FAMILY_FIRST: Final = re.compile(
    "(?=.*[^\u30a0-\u30ff])[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+"
)
EAST_ASIAN_HONOURS: Final = frozenset("様 殿 さん 先生 女士 님 씨".split())  # noqa: SIM905


def split_name(text: str) -> tuple[str, str]:
    """First and last name of a full one, as in "van der Merwe, Dr Anna", "Mr Pieter van der Merwe", "BOTHA Anna".

    What stands in brackets belongs to the last name. A title before a single word makes that the last name.
    """
    brackets = BRACKETS.findall(text)
    whole = " ".join(BRACKETS.sub(" ", text).split())
    first, last = _split(whole)
    kept = [words for words in brackets if words.strip() and folded(words) not in HONOURS]
    return first, " ".join([last or "", *(f"({words.strip()})" for words in kept)]).strip()


def _split(text: str) -> tuple[str, str]:
    last, comma, first = text.partition(",")
    if comma and first.strip() and folded(first) not in GENERATIONS | HONOURS:
        # Smith, John, Mr
        parts = [part for part in first.split(",") if folded(part) not in TITLES | HONOURS]
        return _without_titles(" ".join(" ".join(parts).split())), last.strip()
    words = _without_honours(text.replace(",", " ").split())
    if len(words) > 1 and words[-1] in EAST_ASIAN_HONOURS:
        words = words[:-1]
    if len(words) == 2 and all(map(FAMILY_FIRST.fullmatch, words)):  # noqa: PLR2004 - two
        # 田中 太郎, 王 小明, 김 민수; in katakana alone, ジョン スミス, foreigners stand as at home.
        return words[1], words[0]
    bare = _without_titles(" ".join(words)).split()
    is_titled = len(bare) < len(words)
    if len(bare) <= 1 or (is_titled and folded(bare[0]) in PARTICLES):
        # Mr Smith, Mevr. de Vries
        return ("", " ".join(bare)) if is_titled else (" ".join(bare), "")
    shouted = _shouted_in_front(bare)
    if shouted:
        return " ".join(bare[shouted:]), " ".join(bare[:shouted])
    start = _last_name_from(bare)
    return " ".join(bare[:start]), " ".join(bare[start:])


def _shouted_in_front(words: Sequence[str]) -> int:
    """How many words in front are in capitals where the others are not: BOTHA Anna, DE VILLIERS Jan."""
    count = 0
    while count < len(words) and words[count].isupper() and len(words[count]) > 1 and "." not in words[count]:
        count += 1
    rest = words[count:]
    is_name = sum(len(word) for word in words[:count]) > INITIALS
    return count if count and rest and is_name and not any(word.isupper() for word in rest) else 0


def _last_name_from(words: Sequence[str]) -> int:
    """Where the last name begins: before its particles, and before the first half of Ortega y Gasset."""
    start = len(words) - 1
    if start > 1 and folded(words[start]) in GENERATIONS:
        start -= 1
    start = _before_particles(words, start)
    if start > LEAST_WORDS and words[start - 1].casefold() == "y":
        start = _before_particles(words, start - 2)
    return start


def _before_particles(words: Sequence[str], start: int) -> int:
    while start > 1 and _is_particle(words, start - 1):
        start -= 1
    return start


def _is_particle(words: Sequence[str], place: int) -> bool:
    """Whether a word belongs to the last name behind it; von und zu, van 't and v.d. as well."""
    # The second half of a double name: Berg-de Wit.
    word = words[place].rpartition("-")[2]
    parts = folded(word.replace(".", " ").replace("’", " ").replace("'", " ")).split()
    if not word.isascii() and "’" not in word:
        return False
    if parts in (["und"], ["an"]):
        return place > 1 and folded(words[place - 1]) in PARTICLES
    if len(parts) == 1 and parts[0] in INNER_PARTICLES:
        # 't Hoff, but J. d. Smith has two initials.
        return word[:1] in "'’" or word.islower()
    return bool(parts) and all(part in PARTICLES for part in parts)


def _without_titles(text: str) -> str:
    words = text.split()
    while len(words) > 1 and folded(words[0]) in TITLES and not _is_initial(words[0]):
        words.pop(0)
    while len(words) > LEAST_WORDS and folded(words[-1]) in TITLES - {"sr", "m", "don"}:
        words.pop()
    return " ".join(words)


def _is_initial(word: str) -> bool:
    """M. Dupont may be Monsieur, M Dupont Marie: it is no more than an initial."""
    return len(word.strip(".")) == 1


def _without_honours(words: list[str]) -> list[str]:
    kept = list(words)
    while len(kept) > LEAST_WORDS and folded(kept[-1]) in HONOURS and not kept[-1].istitle():
        kept.pop()
    return kept


def people_in(name: str, last: str = "") -> list[str]:
    """The people of a cell such as "Mr & Mrs J Smithers" or "Anna & Piet Bothma", empty where it is one.

    `last`: the last name, where it has a column of its own.
    """
    family, comma, rest = name.partition(",")
    if comma and not last:
        name, last = rest.strip(), family.strip()
    halves = [half.strip(" ,()") for half in BETWEEN.split(name)]
    if len(halves) == 1 and _is_of_two(last):
        # Anna | Bothma & Piet Nel.
        return people_in(f"{name} {last}")
    if len(halves) == 1:
        halves = _first_names(name) if last else _titled_halves(name)
    if len(halves) < LEAST_WORDS or not all(any(map(str.isalpha, half)) for half in halves):
        return []
    lasts = [half.strip() for half in BETWEEN.split(last)] if last else []
    if len(lasts) == len(halves):
        return [f"{half} {own}" for half, own in zip(halves, lasts, strict=True)]
    return _with_family(halves, last)


def _is_of_two(last: str) -> bool:
    """Whether a column of last names holds somebody else's full name besides; Bothma & van Wyk may be one name."""
    _, *others = BETWEEN.split(last)
    return any(
        len(words := half.split()) > 1 and all(word[:1].isupper() for word in words) for half in others
    )


def _first_names(name: str) -> list[str]:
    """The halves of Anna y Pedro or Anna, Piet, where the last name has a column of its own and no half is a title."""
    halves = [half.strip(" ,") for half in BETWEEN_FIRST_NAMES.split(name)]
    no_names = TITLES | HONOURS | GENERATIONS
    are_names = all(len(half) > 1 and half[:1].isupper() and folded(half) not in no_names for half in halves)
    return halves if are_names else [name]


def _titled_halves(name: str) -> list[str]:
    """Sr. y Sra. García: beside two titles one letter is a conjunction, in Ortega y Gasset it is not."""
    halves = [half.strip(" ,") for half in BETWEEN_TITLES.split(name)]
    are_titled = all(half and folded(half.split()[0]) in TITLES for half in halves)
    return halves if len(halves) == LEAST_WORDS and are_titled else [name]


def _with_family(halves: list[str], last: str) -> list[str]:
    """Each half with the family's name, which the last one carries; a half with a name of its own keeps it."""
    family = last
    final = halves[-1]
    if not family:
        final, family = _split_titled(final)
    others = halves[:-1]
    if len(others) == 1 and folded(others[0]) in TITLES:
        # Mr & Mrs J Smithers: the given name is the first one's.
        title, *given_names = final.split() or [""]
        if folded(title) in TITLES:
            return [" ".join([others[0], *given_names, family]).strip(), f"{title} {family}".strip()]
    named = [half if not last and _has_last(half) else f"{half} {family}".strip() for half in others]
    return [*named, f"{final} {family}".strip()]


def _split_titled(text: str) -> tuple[str, str]:
    """Given name with its title, and last name."""
    if len(text.split()) < LEAST_WORDS:
        return text, ""
    _, last = _split(text)
    return (text.removesuffix(last).strip(), last) if last and text.endswith(last) else (text, "")


def _has_last(half: str) -> bool:
    words = [word for word in half.split() if folded(word) not in TITLES]
    return len(words) > 1 and len(words[-1].strip(".")) > 1


def is_family(name: str, last: str = "") -> bool:
    """Whether a name is a household's instead of a person's: Familie Botha, The Smith Family.

    `last`: the last name, where it has a column of its own; Familia and Fam are last names too.
    """
    words = folded(f"{name} {last}").split()
    if last and folded(name) not in FAMILIES | {"the", "die"}:
        return False
    return len(words) > 1 and (words[0] in FAMILIES or words[-1] in FAMILIES)
