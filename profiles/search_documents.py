"""The words by which a profile is found, as lexemes of a full text document.

Each lexeme starts with a short tag of the tenant. So one index serves all tenants, and a search for `smi…` reads
the Smiths of one club only.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from profiles.golden import KnownKey
from profiles.models.identity import CRM_RECORD
from profiles.normalise import folded

TAG_LENGTH = 8
# Phone numbers are asked for by their last digits, with or without the prefix.
SHORTEST_PHONE = 6
# Characters, the tag included; PostgreSQL takes 2,046 bytes. What is typed is cut at the same place.
LONGEST_LEXEME = 100


def tenant_tag(tenant_id: UUID) -> str:
    """What every lexeme of a tenant begins with."""
    return tenant_id.hex[-TAG_LENGTH:] + ":"


def lexemes(tenant_id: UUID, golden: Mapping[str, Any], keys: Iterable[KnownKey]) -> list[str]:
    """Sorted lexemes of one profile: names, e-mail addresses, phones, member and player numbers."""
    words: set[str] = set()
    for column in ("first_name", "last_name", "display_name"):
        words.update(folded(golden[column]).split())
    addresses = [(key.kind, key.value) for key in keys]
    addresses += [("email", golden["email"] or ""), ("phoneNumber", golden["phone_number"] or "")]
    for kind, value in addresses:
        words.update(_words_of_key(kind, value))
    tag = tenant_tag(tenant_id)
    return sorted({(tag + word)[:LONGEST_LEXEME] for word in words if word})


def _words_of_key(kind: str, value: str) -> Iterable[str]:
    if kind == "email":
        local, _, domain = value.partition("@")
        return {value, domain, *folded(local).split()} if value else ()
    if kind == "phoneNumber":
        digits = value.lstrip("+")
        # The country code has one to three digits: the national number begins somewhere there.
        return {digits[start:] for start in range(4) if len(digits) - start >= SHORTEST_PHONE}
    return () if kind == CRM_RECORD else {value.lower()}
