"""Finding people as one types: by name, e-mail, phone or number, by club, tag or note; slips of the finger are fine.

Ways of looking, from the closest to the loosest, each only while the ones before found too few. No way reads more
than a bounded part of the club: what is typed may fit everybody.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final
from uuid import UUID

from django.db import connection

from profiles.search.search_query import Word, one_word, query, words_of
from tenants.postgresql.plans import for_any_club
from tenants.postgresql.staging import StagingTable
from tenants.scope import current_tenant_id

# Of one way of looking so many are ranked: the more are shown the more, within bounds. Ten times as many may be read.
LEAST_MATCHES: Final = 300
MOST_MATCHES: Final = 1000
# Whom an export may hold: everybody. (The function multiplies it by ten within 32 bits.)
EVERYBODY: Final = 100_000_000
# With so many found as typed nobody asks for what else may have been meant.
FEW: Final = 3
# From those who were found to their rows, in this order (OFFSET).
RANK: Final = for_any_club("""
SELECT found.id, found.closeness
FROM (
    SELECT id, min(closeness) AS closeness
    FROM profiles_search(%(tenant)s, %(ways)s, %(closeness)s, %(enough)s, %(narrow)s::tsquery[], %(whole)s::tsquery[],
                         %(matches)s) AS one (id, closeness)
    GROUP BY id) AS found
CROSS JOIN LATERAL (
    SELECT * FROM profiles_customerprofile AS p WHERE p.tenant_id = %(tenant)s AND p.id = found.id OFFSET 0) AS p
ORDER BY found.closeness, p.status <> 'ACTIVE', p.last_activity_at DESC NULLS LAST, found.id
LIMIT %(most)s
""")
# What is looked for comes by COPY, which no log of statements shows.
UNSAID: Final = StagingTable(
    "unsaid_search", "ways text[], closeness integer[], enough integer[], narrow text[], whole text[]"
)
FIND_UNSAID: Final = """
SELECT DISTINCT found.id FROM unsaid_search AS asked
CROSS JOIN LATERAL profiles_search(%(tenant)s, asked.ways, asked.closeness, asked.enough, asked.narrow::tsquery[],
                                   asked.whole::tsquery[], %(matches)s) AS found (id, closeness)
"""

ASKED_WORDS: Final = StagingTable("asked_word", "word text, query text")
FIND_KNOWN_WORDS: Final = """
SELECT DISTINCT asked.word FROM asked_word AS asked
CROSS JOIN LATERAL profiles_search(%(tenant)s, ARRAY['index'], ARRAY[1], ARRAY[%(matches)s],
                                   ARRAY[asked.query::tsquery], ARRAY[asked.query::tsquery], %(matches)s)
           AS found (id, closeness)
WHERE found.id <> ALL(%(besides)s::uuid[])
"""


class Closeness(IntEnum):
    """How somebody was found; the lower the better."""

    EXACT = 1  # every word is one of their names or keys
    ENDING = 2  # the last four or five digits of their phone
    BEGINNING = 3  # every word begins one
    DETAIL = 4  # … or a word of their club or tags
    NOTE = 5  # … or of a note about them
    SLIP = 6  # a letter is missing, wrong, too many, or two stand the wrong way round


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody who was found."""

    profile_id: UUID
    closeness: Closeness


@dataclass(frozen=True, slots=True)
class _Step:
    """`way`: of the database function. `narrow` is looked up, `whole` must hold; only while fewer than `enough`."""

    way: str
    closeness: Closeness
    enough: int
    narrow: str
    whole: str


def search(text: str, *, most: int = 25) -> list[Match]:
    """The open scope's matching customers, the closest first, then the active, then the lately active.

    Slips are considered where fewer than FEW fit as typed. Nothing for a text without words.
    """
    steps = _steps(current_tenant_id(), words_of(text), min(most, MOST_MATCHES))
    return _take(steps, min(LEAST_MATCHES + most // 2, MOST_MATCHES), most)


def search_profiles(text: str, *, most: int = 25) -> list[UUID]:
    """Ids of who was found, in order; whoever may have been meant only if nobody fits what was typed."""
    return _without_guesses(search(text, most=most))


def search_everybody(text: str) -> list[UUID]:
    """As `search_profiles`, but however many there are: reads all that fits, not a bounded part of the club."""
    return _without_guesses(_take(_of_everybody(text), EVERYBODY, EVERYBODY))


def search_unsaid(cursor: Any, texts: Iterable[str]) -> set[UUID]:
    """Everybody whom one of the texts may mean, guesses too, with none of them in a statement.

    For names that are to be forgotten: PostgreSQL writes statements that fail into its log. Needs a transaction.
    """
    asked = [_arrays(steps) for steps in map(_of_everybody, texts) if steps]
    UNSAID.fill(cursor, asked)
    cursor.execute(FIND_UNSAID, {"tenant": current_tenant_id(), "matches": EVERYBODY})
    return {profile_id for (profile_id,) in cursor.fetchall()}


def known_words(cursor: Any, words: Collection[str], *, besides: Collection[UUID]) -> set[str]:
    """Those of the folded words that are a name, or stand before the @, of anybody but these. Needs a transaction.

    No statement holds one.
    """
    tenant_id = current_tenant_id()
    ASKED_WORDS.fill(cursor, [(word, one_word(tenant_id, word)) for word in words])
    parameters = {"tenant": tenant_id, "matches": EVERYBODY, "besides": list(besides)}
    cursor.execute(FIND_KNOWN_WORDS, parameters)
    return {word for (word,) in cursor.fetchall()}


def _of_everybody(text: str) -> list[_Step]:
    # The newest are looked at where the index would find too many; here none are too many.
    steps = _steps(current_tenant_id(), words_of(text), EVERYBODY)
    return [step for step in steps if step.way != "newest"]


def _arrays(steps: Sequence[_Step]) -> tuple[list[Any], ...]:
    return (
        [step.way for step in steps],
        [int(step.closeness) for step in steps],
        [step.enough for step in steps],
        [step.narrow for step in steps],
        [step.whole for step in steps],
    )


def in_order(ids: Iterable[UUID]) -> dict[UUID, int]:
    """Position by id, to put loaded rows back into the order of the search."""
    return {profile_id: position for position, profile_id in enumerate(ids)}


def _take(steps: Sequence[_Step], matches: int, most: int) -> list[Match]:
    if not steps:
        return []
    names = ("ways", "closeness", "enough", "narrow", "whole")
    values: dict[str, Any] = dict(zip(names, _arrays(steps), strict=True))
    values |= {"tenant": current_tenant_id(), "matches": matches, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(RANK, values)
        return [Match(profile_id, Closeness(closeness)) for profile_id, closeness in cursor.fetchall()]


def _without_guesses(found: Sequence[Match]) -> list[UUID]:
    typed = [match.profile_id for match in found if match.closeness is not Closeness.SLIP]
    return typed or [match.profile_id for match in found]


def _steps(tenant_id: UUID, words: Sequence[Word], most: int) -> list[_Step]:
    """The ways of looking, in order. What many people share is looked for among the newest before in the index."""
    if not words:
        return []
    narrow = [word for word in words if not word.is_broad]
    # With a rare word the index answers for that one, and the rest is compared.
    looked_up = narrow or words

    def step(way: str, closeness: Closeness, form: str, enough: int = most) -> _Step:
        return _Step(way, closeness, enough, query(tenant_id, looked_up, form), query(tenant_id, words, form))

    steps = []
    if narrow or not any(word.is_domain for word in words):
        steps.append(step("index", Closeness.EXACT, "exact"))
    if not narrow:
        if all(word.end for word in words):
            # Few people have them, other than what begins so: the index tells, before the newest are read.
            steps.append(step("index", Closeness.ENDING, "ending"))
        steps.append(step("newest", Closeness.BEGINNING, "beginning"))
    steps.append(step("index", Closeness.BEGINNING, "beginning"))
    if narrow:
        few = min(FEW, most)
        steps += [
            step("newest", Closeness.DETAIL, "anywhere"),
            step("index", Closeness.DETAIL, "anywhere"),
            _Step(
                "notes",
                Closeness.NOTE,
                most,
                query(tenant_id, narrow, "noted", all_of_them=False),
                query(tenant_id, words, "anywhere"),
            ),
            step("index", Closeness.SLIP, "slip", few),
            step("index", Closeness.SLIP, "slipping", few),
        ]
    return [each for each in steps if each.narrow and each.whole]
