"""The words by which a profile is found, as lexemes of a full text document.

Each lexeme starts with a short tag of the tenant and a sign of its kind. So one index serves all tenants, and a search
for `smi…` reads the Smiths of one club only.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from profiles.coded_texts import decoded_texts
from profiles.golden_rows.rules import KnownKey
from profiles.names import PLAIN_LETTERS
from profiles.normalise import folded
from profiles.vocabulary import CRM_RECORD

TAG_LENGTH = 8
# The kinds of lexemes: words of names and keys, words about the person, names with one letter left out, last digits.
WORD, DETAIL, SLIP, END = ":", "/", "~", "#"
# Phone numbers are asked for by their last digits, with or without the prefix.
SHORTEST_PHONE = 6
# As few as people say. Whole words of a kind of their own: among the others their beginnings would fit half a club,
# and a member number of four digits comes first.
SHORTEST_END = 4
# Characters, the tag included; PostgreSQL takes 2,046 bytes. What is typed is cut at the same place.
LONGEST_LEXEME = 100
# Shorter names differ from too many others by one letter; longer ones would have too many lexemes.
SHORTEST_SLIP, LONGEST_SLIP = 4, 20


def tenant_tag(tenant_id: UUID, kind: str = WORD) -> str:
    """What every lexeme of a tenant and a kind begins with."""
    return tenant_id.hex[-TAG_LENGTH:] + kind


def lexemes(
    tenant_id: UUID,
    golden: Mapping[str, Any],
    keys: Iterable[KnownKey],
    *,
    tags: Iterable[str] = (),
    merged_names: Iterable[str] = (),
) -> list[str]:
    """Sorted lexemes of one profile: names, also of those merged into it, addresses, phones, numbers; club, tags."""
    names: set[str] = set()
    for name in (golden["first_name"], golden["last_name"], golden["display_name"], *merged_names):
        names.update(plain_letters(folded(name)).split())
        names.update(word for text in decoded_texts(name) for word in plain_letters(folded(text)).split())
    words = names | _joined(golden["first_name"], golden["last_name"])
    addresses = {(key.kind, key.value) for key in keys}
    addresses |= {("email", golden["email"] or ""), ("phoneNumber", golden["phone_number"] or "")}
    for kind, value in addresses:
        words.update(_words_of_key(kind, value))
    # What a program wrote in codes is found, and forgotten, by what it says.
    said = [text for one in (golden["home_club_name"], *tags) for text in (one, *decoded_texts(one))]
    details = {word for text in said for word in folded(text).split()}
    slips = {slip for name in names for slip in slips_of(name)}
    ends = {end for kind, value in addresses if kind == "phoneNumber" for end in _ends_of(value)}
    stem = tenant_tag(tenant_id, "")
    return sorted(
        {
            (stem + kind + word)[:LONGEST_LEXEME]
            for kind, found in ((WORD, words), (DETAIL, details), (SLIP, slips), (END, ends))
            for word in found
            if word
        }
    )


def lexeme(tenant_id: UUID, kind: str, word: str) -> str:
    """How a word stands in documents."""
    return (tenant_tag(tenant_id, kind) + word)[:LONGEST_LEXEME]


def slips_of(word: str) -> set[str]:
    """A name with one letter left out: two names one slip of the finger apart have one of these, or one is the other's.

    A letter too few, too many, wrong, or two the wrong way round.
    """
    if not SHORTEST_SLIP <= len(word) <= LONGEST_SLIP or not word.isalpha():
        return set()
    return {word[:place] + word[place + 1 :] for place in range(len(word))}


def plain_letters(text: str) -> str:
    """Folded text as keyboards without þ, ø, ł write it."""
    return text.translate(PLAIN_LETTERS)


def _joined(first: str, last: str) -> set[str]:
    """Names as they are typed in one word: vanderbijl and vdbijl, lindiwenkosi, and 王伟, surname first."""
    firsts, lasts = (plain_letters(folded(name)).split() for name in (first, last))
    joined = set()
    for words in (firsts, lasts):
        if len(words) > 1:
            joined.add("".join(words))
            joined.add("".join(word[0] for word in words[:-1]) + words[-1])
    if firsts and lasts:
        joined |= {"".join(firsts + lasts), "".join(lasts + firsts)}
    return joined


def is_end(digits: str) -> bool:
    """Whether so many digits stand in documents as the last of a phone number, and not among its words."""
    return SHORTEST_END <= len(digits) < SHORTEST_PHONE


def _ends_of(phone: str) -> set[str]:
    digits = phone.lstrip("+")
    return {digits[-length:] for length in range(SHORTEST_END, min(SHORTEST_PHONE, len(digits) + 1))}


def _words_of_key(kind: str, value: str) -> Iterable[str]:
    if kind == "email":
        local, _, domain = value.partition("@")
        return {value, domain, *folded(local).split()} if value else ()
    if kind == "phoneNumber":
        digits = value.lstrip("+")
        # From any digit on: by its end, or as dialled at home.
        return {digits[start:] for start in range(len(digits) - SHORTEST_PHONE + 1)}
    return () if kind == CRM_RECORD else value.lower().split()
