"""Finding people as one types: by name, e-mail, phone or member number; prefixes and missing accents are fine."""

import re
from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from profiles.normalise import folded
from profiles.search_documents import LONGEST_LEXEME, tenant_tag
from tenants.scope import current_tenant_id

PHONE_LIKE = re.compile(r"[+(]?[0-9][0-9 ()./-]{2,}")
MOST_WORDS = 6
# Beginnings of lexemes, all of which must be there.
Spelling = tuple[str, ...]
# More matches than this are not ranked: one letter may match half the club.
MOST_MATCHES = 2000
RANK = """
SELECT p.id
FROM profiles_search(%(tenant)s, %(query)s::tsquery, %(matches)s) AS found (id)
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = found.id
ORDER BY p.status <> 'ACTIVE', p.last_activity_at DESC NULLS LAST, p.id
LIMIT %(most)s
"""


def search_profiles(text: str, *, most: int = 25) -> list[UUID]:
    """Ids of the open scope's matching customers, the lately active first; nothing for a text without words."""
    query = text_query(current_tenant_id(), text)
    if not query:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            RANK, {"tenant": current_tenant_id(), "query": query, "matches": MOST_MATCHES, "most": most}
        )
        return [profile_id for (profile_id,) in cursor.fetchall()]


def text_query(tenant_id: UUID, text: str) -> str:
    """The text as a tsquery in which every word must begin a lexeme of the tenant; empty when there is no word."""
    tag = tenant_tag(tenant_id)
    terms = [
        " | ".join(" & ".join(_quoted(tag + part) for part in spelling) for spelling in spellings)
        for spellings in _words(text)
    ]
    return " & ".join(f"({term})" for term in terms)


def _words(text: str) -> list[list[Spelling]]:
    """For each word of the text the spellings under which it may stand in a document."""
    text = "".join(char for char in text if char.isprintable() or char.isspace())
    text = text.strip()[: LONGEST_LEXEME * MOST_WORDS]
    if PHONE_LIKE.fullmatch(text):
        return [[*_number_spellings(text), (text,)]]
    words = [_spellings(word) for word in text.split()[:MOST_WORDS]]
    return [spellings for spellings in words if spellings]


def _spellings(word: str) -> list[Spelling]:
    """An address, a domain or an id as it stands; but for addresses also the words it is made of."""
    parts = tuple(folded(word).split()[:MOST_WORDS])
    if "@" in word:
        return [(word.lower(),)]
    if len(parts) > 1:
        return [(word.lower(),), parts]
    if parts and parts[0].isdigit():
        return _number_spellings(parts[0])
    return [parts] if parts else []


def _number_spellings(text: str) -> list[Spelling]:
    """Member numbers stand as they are; phones without the zero that is dialled at home, or the 00 abroad."""
    digits = "".join(char for char in text if char.isdigit())
    return [(spelling,) for spelling in dict.fromkeys((digits, digits.lstrip("0"))) if spelling]


def _quoted(lexeme: str) -> str:
    escaped = lexeme[:LONGEST_LEXEME].replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}':*"


def in_order(ids: Iterable[UUID]) -> dict[UUID, int]:
    """Position by id, to put loaded rows back into the order of the search."""
    return {profile_id: position for position, profile_id in enumerate(ids)}
