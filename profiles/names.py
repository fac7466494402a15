"""Whether two names may belong to one person.

The question is asked where a weak key (e-mail, phone) would join two people: a family shares a mailbox, and only
the first names tell its members apart. It is answered generously, because Lindiwe is also Lindi, L. and Lindwie; an
initial, which fits one name in ten, counts only where nothing else is known.
"""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final, NamedTuple

from profiles.normalise import CACHE_SIZE, folded
from profiles.short_forms import are_of_one_group

# Two spellings at least this alike (Ratcliff/Obershelp) are one name with a slip of the pen.
ALIKE = 0.8
SHORTEST_STEM = 3
ENDEARMENTS = ("ie", "i", "y", "a")
# By what the name of a woman is made of a man's: Wilhelmina, Josephine, Bernadette, Marcella, Victoria, Vuyokazi.
FEMININE_ENDINGS: Final = ("a", "ia", "ina", "ine", "ette", "etta", "elle", "ella", "kazi")
# An e behind a name is as often a way to write it (Ann, Anne); in these, French ones, it is another person.
FEMININE_IN_E: Final = frozenset(
    "pascale denise simone martine christiane louise francoise renee andree valentine justine germaine romaine "  # noqa: SIM905
    "ghislaine sylvaine augustine raymonde fernande armande rolande gerarde leonarde michele".split()
)
# A man and a woman whose names no rule tells apart from a slip of the pen or a short form; folded.
LISTED_COUPLES: Final = (
    "albertus alberta; aleksander aleksandra; alexander alexandra; alexandre alexandra; alexandros "
    "alexandra; anastasios anastasia; andreas andrea; anton antonie; antonius antonia; aurel aurelie; "
    "aurele aurelie; christian christina; christian christine; claudius claudia; cornelius cornelia; "
    "dimitrios dimitra; emil emilie; emile emilia; emile emilie; eugen eugenie; eugene eugenie; eugenios "
    "eugenia; evangelos evangelia; fabian fabiane; florian floriane; frederic frederica; frederic "
    "frederique; frederick frederica; gabriele gabriela; gabriele gabriella; georgios georgia; ioannis "
    "ioanna; johannes johanna; julian juliane; julius julia; konstantinos konstantina; kristian kristina; "
    "kristian kristine; leon leonie; marthinus marthina; martinus martina; nicolas nicola; nikolas "
    "nikola; panagiotis panagiota; paul paule; roman romane; stefan stefanie; stephan stephanie; stephane "
    "stephanie; valery valerie; vasilios vasilia; wilhelmus wilhelmina"
)
COUPLES: Final = frozenset(frozenset(couple.split()) for couple in LISTED_COUPLES.split("; "))
VOWELS: Final = frozenset("aeiou")
# Which vowel ends a name is grammar: Themba and Thembi, Mario and Maria are two. These are one name in two languages.
ENDINGS_OF_ONE_NAME: Final = (frozenset("ae"), frozenset("ei"))
# Latin letters that do not decompose, as keyboards without them write them; folding leaves them as they are.
PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)
# Said before a name and no part of it: two people called "Dr." have nothing in common.
TITLES: Final = frozenset(
    "mr mrs ms miss mx dr prof professor herr frau hr fr mnr mev mej sr sra srta don dona dona senhor senhora sig "  # noqa: SIM905
    "signor signora pan pani bay bayan madame mme mlle monsieur sir dame lady lord rev capt adv ing dipl mag "
    "med".split()
)
# Of two people of one name the younger and the elder: Jr, jun., II; folded.
YOUNGER: Final = frozenset("jr jnr jun junr junior ii iii iv filho neto hijo fils figlio yngre".split())  # noqa: SIM905
ELDER: Final = frozenset("snr sen senr senior pai padre aeltere ältere eldre".split())  # noqa: SIM905
LEAST_WORDS: Final = 2


class PersonName(NamedTuple):
    """A first and a last name as some source gave them, folded, without titles; either may be empty."""

    first: str
    last: str

    @classmethod
    def of(cls, first: str, last: str) -> "PersonName":
        """Fold both parts."""
        return cls(without_titles(folded(first)), folded(last))

    @property
    def generation(self) -> str:
        """`younger` or `elder` where the name says which of two of one name it is, else nothing."""
        words = self.last.split()[1:] + self.first.split()[1:]
        if not YOUNGER.isdisjoint(words):
            return "younger"
        return "elder" if not ELDER.isdisjoint(words) or words[-1:] == ["sr"] else ""

    @property
    def family(self) -> str:
        """The last name without what tells father and son apart."""
        words = self.last.split()
        kept = [word for word in words[1:] if word not in YOUNGER and word not in ELDER and word != "sr"]
        return " ".join(words[:1] + kept)

    @property
    def is_initial(self) -> bool:
        """Whether the first name is given by its first letter only, as in A. Hargreaves."""
        return len(self.first.split(maxsplit=1)[0]) == 1 if self.first else False


@lru_cache(maxsize=CACHE_SIZE)
def may_be_one_name(one: str, other: str) -> bool:
    """Whether two folded first names may mean one person; an empty or foreign-script one says nothing."""
    if not one or not other or one == other:
        return True
    one, other = one.translate(PLAIN_LETTERS), other.translate(PLAIN_LETTERS)
    if one.isascii() != other.isascii():
        return True
    ours, theirs = sorted((one.split(), other.split()), key=len)
    if len(ours) >= LEAST_WORDS:
        # María José is neither José Luis nor María Carmen; Ana M. may be Ana María.
        return _are_all_among(ours, theirs) or (len(ours) == len(theirs) and _are_all_among(theirs, ours))
    if len(ours[0]) == len(theirs) >= LEAST_WORDS and ours[0] == "".join(word[0] for word in theirs):
        # JP for Jean-Pierre, PJ for Pieter-Jan.
        return True
    # Whoever is called by a later one of several names is called Javi or Carmen.
    if len(ours[0]) >= SHORTEST_STEM and any(
        each.startswith(ours[0]) or is_short_form(ours[0], each) for each in theirs[1:]
    ):
        return True
    return _may_be_one_word(ours[0], theirs[0])


def _are_all_among(ours: list[str], theirs: list[str]) -> bool:
    """Whether each of these words may be one of those."""
    return all(any(_may_be_one_word(word, each) for each in theirs) for word in ours)


def _may_be_one_word(first: str, second: str) -> bool:
    """The same of single words."""
    if are_of_one_group(first, second):
        return True
    if (
        is_feminine_form(first, second)
        or is_feminine_form(second, first)
        or have_other_endings(first, second)
        or frozenset((first, second)) in COUPLES
    ):
        return False
    if first.startswith(second) or second.startswith(first):
        return True
    if is_short_form(first, second) or is_short_form(second, first):
        return True
    return are_letters_exchanged(first, second) or _are_alike(first, second)


def _are_alike(one: str, other: str) -> bool:
    """Whether two words are so alike that one may be the other with a slip of the pen."""
    # In a fixed order, because the ratio of two words is not always that of the same two the other way round.
    first, second = sorted((one, other))
    # A letter that the other lacks is not in common; that spares most pairs the matching.
    ours, theirs = _letters(first), _letters(second)
    common = min(len(first) - (ours & ~theirs).bit_count(), len(second) - (theirs & ~ours).bit_count())
    if 2 * common < ALIKE * (len(first) + len(second)):
        return False
    return SequenceMatcher(None, first, second).ratio() >= ALIKE


@lru_cache(maxsize=CACHE_SIZE)
def _letters(word: str) -> int:
    """The letters of a word, a bit for each; letters of other alphabets may share one."""
    bits = 0
    for char in word:
        bits |= 1 << ord(char) % 64
    return bits


def are_letters_exchanged(one: str, other: str) -> bool:
    """Whether two neighbouring letters behind the first changed places: Lean for Lena, but not May for Amy."""
    return (
        len(one) > SHORTEST_STEM
        and one[0] == other[0]
        and len(one) == len(other)
        and _is_exchange(one, other)
    )


def is_slip_of(one: str, other: str) -> bool:
    """Whether two texts are the same but for one sign: another, one too many or too few, or two exchanged."""
    if one == other or _is_exchange(one, other):
        return True
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    same = next((place for place, sign in enumerate(short) if sign != long[place]), len(short))
    return short[same + (len(short) == len(long)) :] == long[same + 1 :]


def _is_exchange(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    places = [place for place in range(len(one)) if one[place] != other[place]]
    if len(places) != 2 or places[1] != places[0] + 1:  # noqa: PLR2004 - two neighbours
        return False
    left, right = places
    return one[left] == other[right] and one[right] == other[left]


def is_feminine_form(feminine: str, masculine: str) -> bool:
    """Whether a name is that of a woman made of the other, a man's: Luisa and Luis, Daniel and Danielle are a couple.

    What ends in i is rather short for the woman's own: Dani, Gabri.
    """
    if len(masculine) <= SHORTEST_STEM or not feminine.startswith(masculine):
        return False
    ending = feminine.removeprefix(masculine)
    if ending == "e":
        return feminine in FEMININE_IN_E
    if ending == "a":
        return True
    return masculine[-1] != "i" and (
        ending in FEMININE_ENDINGS or ending in (f"{masculine[-1]}a", f"{masculine[-1]}e")
    )


def have_other_endings(one: str, other: str) -> bool:
    """Whether two names are the same but for the vowel at their end, and it is not that of another language."""
    ends = {one[-1:], other[-1:]}
    return (
        len(one) == len(other)
        and one[:-1] == other[:-1]
        and len(ends) > 1
        and ends <= VOWELS
        and ends not in ENDINGS_OF_ONE_NAME
    )


def is_short_form(short: str, full: str) -> bool:
    """Whether a name is a shortened other one: its beginning with an ending of endearment, or a longer part of it.

    As in Vusi for Vusumuzi, Rosie for Rosemary, Nathi for Nkosinathi, Lebo for Kelebogile, Thuli for Nokuthula.
    """
    if len(short) > SHORTEST_STEM and short in full:
        return True
    if len(short) > SHORTEST_STEM + 1 and short.endswith(ENDEARMENTS) and short[:-1] in full:
        return True
    return any(
        short.endswith(ending)
        and len(short) - len(ending) >= SHORTEST_STEM
        and full.startswith(short.removesuffix(ending))
        for ending in ENDEARMENTS
    )


def without_titles(first: str) -> str:
    """A folded first name without Dr, Mrs, Frau in front; a title alone stays."""
    words = first.split()
    while len(words) >= LEAST_WORDS and words[0] in TITLES:
        words = words[1:]
    return " ".join(words)


@lru_cache(maxsize=CACHE_SIZE)
def may_be_one_family(one: str, other: str) -> bool:
    """Whether two folded last names may be one: a slip of the pen, a part of a double name; an empty one may be any."""
    if not one or not other or one == other:
        return True
    one, other = one.translate(PLAIN_LETTERS), other.translate(PLAIN_LETTERS)
    if one.isascii() != other.isascii() or one.replace(" ", "") == other.replace(" ", ""):
        return True
    if {word for word in one.split() if len(word) > SHORTEST_STEM} & set(other.split()):
        return True
    return _are_alike(one, other)


def may_be_one_person(one: PersonName, other: PersonName) -> bool:
    """Whether two full names may be one person's, first and last name swapped included.

    An initial fits one name in ten, and names that are only alike fit brothers and strangers: they need the last name
    beside them. Of father and son of one name one may say so (Jr, senior).
    """
    if one.generation != other.generation:
        return False
    if is_swapped(one, other):
        return True
    if not may_be_one_name(one.first, other.first):
        return False
    is_one_word = bool(set(one.first.split()) & set(other.first.split()))
    if is_one_word and not (one.is_initial or other.is_initial):
        return True
    return may_be_one_family(one.family, other.family)


def is_same_full_name(one: PersonName, other: PersonName) -> bool:
    """Whether both have first and last names, and each may be the other's."""
    if is_swapped(one, other):
        return True
    is_told = bool(one.first and one.last and other.first and other.last)
    return is_told and may_be_one_person(one, other) and may_be_one_family(one.family, other.family)


def is_swapped(one: PersonName, other: PersonName) -> bool:
    """Whether the first name of one is the last of the other, and the other way round.

    One of them to the letter; the other may be a short form, an initial or mistyped, as in Ntuli N. for Ntombi Ntuli.
    """
    if not (one.first and one.last and other.first and other.last):
        return False
    first, family = without_titles(other.last), other.first
    return (one.first == first and may_be_one_name(one.family, family)) or (
        one.family == family and may_be_one_name(one.first, first)
    )


def names_disagree(ones: Iterable[PersonName], others: Iterable[PersonName]) -> bool:
    """Whether both sides have first names and no pair of them may be one person's."""
    known, claimed = _telling(ones), _telling(others)
    if not known or not claimed:
        return False
    return not any(may_be_one_person(one, other) for one in known for other in claimed)


def _telling(names: Iterable[PersonName]) -> list[PersonName]:
    """Of one person's names those with a first name written out; their initials only where there is nothing else.

    Else Thabo would be Tebogo, because one service writes T. for him.
    """
    named = [name for name in names if name.first]
    return [name for name in named if not name.is_initial] or named


def spells_somebody_else(name: PersonName, email: str) -> bool:
    """Whether an address has the last name and another first name: josephgordon@ is not Rebecca Gordon's own."""
    local = plain_word("".join(folded(email.partition("@")[0]).split()))
    first, family = plain_word(name.first.split(maxsplit=1)[0] if name.first else ""), plain_word(name.family)
    if not first or len(family) < SHORTEST_STEM or family.replace(" ", "") not in local:
        return False
    rest = "".join(char for char in local.replace(family.replace(" ", ""), "", 1) if char.isalpha())
    return len(rest) >= SHORTEST_STEM and not may_be_one_name(rest, first)


def plain_word(text: str) -> str:
    """Folded text as keyboards without ł, ø, þ write it."""
    return text.translate(PLAIN_LETTERS)


def is_spelled_in(names: Iterable[PersonName], email: str) -> bool:
    """Whether an address spells a first name, as in anna.smit@ or annasmit@: then it is that one's mailbox."""
    local = folded(email.partition("@")[0])
    words = local.split()
    for name in names:
        first = name.first.translate(PLAIN_LETTERS).split(maxsplit=1)[0] if name.first else ""
        if len(first) >= SHORTEST_STEM and (
            first in words or (len(first) > SHORTEST_STEM and local.startswith(first))
        ):
            return True
    return False
