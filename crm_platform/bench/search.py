"""Finding people in a large club as one types, under the policies that the product works under."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from django.db import connection as product

from crm_platform.bench.crowd import load_crowd
from crm_platform.bench.database import connect, expect, settle
from crm_platform.bench.figures import BenchError, Figure, duration, percentile, rate
from crm_platform.bench.indexes import built_afterwards
from crm_platform.bench.people import make_tenant
from crm_platform.bench.setting import Setting
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.spelling import typo
from profiles.normalise import folded
from profiles.search.finding import search
from profiles.search.rebuilding import rebuild_documents
from tenants.models import Tenant
from tenants.scope import tenant_scope

SEED: Final = 7
MOST_MS: Final = 50
# As many as the search box shows, and as many as a list considers.
BOX, LIST = 8, 500
# People of whom each kind of text is made, once.
SAMPLE: Final = 300
# What everybody has in common is as quick as what one has.
COMMON: Final = (
    "a", "s", "m", "jo", "van", "smi", "smith", "a b", "john s", "0", "06", "060", "+27", "+276", "example.com",
    "fairview", "golf", "vip", "knee", "smith fairview", "a fairview",
)  # fmt: skip
ENLIVEN: Final = """
UPDATE profiles_customerprofile SET
    last_activity_at = now() - make_interval(days => (hashtext(id::text) & 1023)),
    home_club_name = 'Fairview Golf Club',
    tags = CASE WHEN hashtext(id::text) & 63 = 0 THEN ARRAY['VIP'] ELSE '{}' END
"""
NOTES: Final = """
INSERT INTO profiles_note (id, tenant_id, profile_id, origin_profile_id, body, is_pinned, author_name)
SELECT gen_random_uuid(), tenant_id, id, id, 'Prefers mornings and plays golf on Saturdays; knee operation in ' || n,
       false, ''
FROM (SELECT tenant_id, id, hashtext(id::text) & 255 AS n FROM profiles_customerprofile) AS p WHERE n < 5
"""
DRAWN: Final = """
SELECT id, first_name, last_name, email, phone_number FROM profiles_customerprofile
WHERE scl_member_id IS NOT NULL AND length(last_name) > 5 AND phone_number IS NOT NULL ORDER BY hashtext(id::text)
LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody types, and whom it must find among the first (None: whoever)."""

    kind: str
    text: str
    wanted: Any = None


def run(setting: Setting) -> list[Figure]:
    """Each text once, one after the other; the bar holds for all of them together and for each kind."""
    tenant = make_tenant()
    customers = load_crowd(tenant, setting.sizes.people, setting.reporter)
    _complete(setting, tenant, customers)
    took: dict[str, list[float]] = {}
    found: dict[str, list[bool]] = {}
    with tenant_scope(tenant):
        texts = list(typed_texts(_people()))
        with setting.reporter.bar("searching", len(texts)) as report:
            for done, each in enumerate(texts):
                _measure(each, took, found)
                report(done + 1)
    everything = [value for kind, values in took.items() if kind != "list" for value in values]
    words = f"{customers:,} customers"
    figures = [
        duration("search", f"any text, {words}, p50", percentile(everything, 0.5)),
        duration("search", f"any text, {words}, p95", percentile(everything, 0.95), most_ms=MOST_MS),
    ]
    for kind, values in took.items():
        figures.append(duration("search", f"{kind}, p95", percentile(values, 0.95), most_ms=MOST_MS))
    share = sum(found["slip"]) / len(found["slip"])
    return [*figures, rate("search", "people found in spite of a slip", share, "share")]


def typed_texts(people: list[tuple[Any, str, str, str, str]]) -> Iterator[Typed]:
    """What staff type to find these people (id, first and last name, e-mail, phone), and what fits everybody."""
    rng, slips = Random(SEED), Rng(str(SEED))  # noqa: S311 - a load, not a secret
    for person_id, first, last, email, phone in people:
        name = rng.choice((first, last))
        yield Typed("beginning", name[: rng.randint(2, 6)])
        yield Typed("full name", f"{first} {last}")
        yield Typed("name being typed", f"{first} {last[: rng.randint(1, 4)]}")
        yield Typed("e-mail", email, person_id)
        yield Typed("e-mail", email[: rng.randint(3, 12)])
        yield Typed("phone", "0" + phone.removeprefix("+27"), person_id)
        yield Typed("phone", "0" + phone.removeprefix("+27")[: rng.randint(1, 8)])
        yield Typed("last digits", phone[-4:])
        yield Typed("last digits", f"{first} {phone[-5:]}", person_id)
        yield Typed("slip", f"{first} {typo(last, slips)} {email.partition('@')[0]}", person_id)
        yield Typed("slip of a name", typo(last, slips))
        yield Typed("list", name[: rng.randint(2, 6)])
    for text in COMMON * 3:
        yield Typed("common", text)
        yield Typed("list", text)


def _measure(each: Typed, took: dict[str, list[float]], found: dict[str, list[bool]]) -> None:
    most = LIST if each.kind == "list" else BOX
    began = time.perf_counter()
    matches = search(each.text, most=most)
    took.setdefault(each.kind, []).append((time.perf_counter() - began) * 1000)
    if each.wanted is None:
        return
    is_there = each.wanted in [match.profile_id for match in matches]
    found.setdefault(each.kind, []).append(is_there)
    if each.kind != "slip" and not is_there:
        raise BenchError(f"Somebody is not found by “{folded(each.text)}”.")


def _people() -> list[tuple[Any, str, str, str, str]]:
    with product.cursor() as cursor:
        cursor.execute(DRAWN, [SAMPLE])
        return list(cursor.fetchall())


def _complete(setting: Setting, tenant: Tenant, customers: int) -> None:
    """Clubs, tags, notes and last activities; then documents, by the product itself."""
    setting.reporter.note("adding clubs, tags and notes")
    with connect() as connection:
        connection.execute("SET synchronous_commit = off")
        with built_afterwards(connection, "profiles_customerprofile"):
            connection.execute(ENLIVEN)
        connection.execute(NOTES)
        settle(connection, "profiles_customerprofile", "profiles_note")
        with (
            built_afterwards(connection, "profiles_searchdocument"),
            setting.reporter.bar("writing documents", customers) as report,
            tenant_scope(tenant),
        ):
            written = rebuild_documents(lambda done, _total: report(done))
        expect("documents", written, customers)
        settle(connection, "profiles_searchdocument")
