"""Finding one customer among a million, over HTTP: by id and by e-mail address."""

import random
from collections.abc import Iterator
from itertools import accumulate
from typing import Final
from urllib.parse import quote

import orjson

from crm_platform.bench.database import connect, expect
from crm_platform.bench.figures import BenchError, Figure
from crm_platform.bench.people import email_of, load_people, make_tenant
from crm_platform.bench.reading import Reads, compare
from crm_platform.bench.setting import Setting

SEED: Final = 7
# So many drawn at once: drawing one by one would cost the client more than sending.
DRAWN: Final = 10_000
PREFIX: Final = b"/api/v1/customers/"
RESOLVE: Final = b"/api/v1/customers/resolve?email="
BARE: Final = b"/customers/"


def run(setting: Setting) -> list[Figure]:
    """Measure GET of random customers (hardly ever cached), of popular ones (mostly cached), and resolve."""
    people = setting.sizes.people
    tenant = make_tenant()
    load_people(tenant, people, setting.reporter, with_history=False)
    ids = _ids()
    expect("profiles", len(ids), people)
    by_email = {quote(email_of(number)).encode(): customer_id for number, customer_id in enumerate(ids)}

    def check_resolved(path: bytes, body: bytes) -> None:
        _check_id(by_email[path[len(RESOLVE) :]], body)

    return compare(
        setting,
        "lookup",
        tenant=tenant,
        bare=Reads("bare view", _paths(BARE, evenly(ids)), check_customer),
        product=[
            Reads("GET /customers/:id, any", _paths(PREFIX, evenly(ids)), check_customer),
            Reads("GET /customers/:id, by popularity", _paths(PREFIX, by_popularity(ids)), check_customer),
            Reads(
                "GET /customers/resolve?email=, any", _paths(RESOLVE, evenly(list(by_email))), check_resolved
            ),
        ],
    )


def evenly(values: list[bytes]) -> Iterator[bytes]:
    """Any of the values, again and again."""
    rng = random.Random(SEED)  # noqa: S311 - a load, not a secret
    while True:
        yield from rng.choices(values, k=DRAWN)


def by_popularity(values: list[bytes]) -> Iterator[bytes]:
    """The value of rank r as often as 1 / r says (Zipf), the ranks in no order."""
    rng = random.Random(SEED)  # noqa: S311 - a load, not a secret
    shuffled = rng.sample(values, len(values))
    bounds = list(accumulate(1 / rank for rank in range(1, len(values) + 1)))
    while True:
        yield from rng.choices(shuffled, cum_weights=bounds, k=DRAWN)


def check_customer(path: bytes, body: bytes) -> None:
    """The answer is about the customer whose id ends the path."""
    _check_id(path.rpartition(b"/")[2], body)


def _check_id(customer_id: bytes, body: bytes) -> None:
    if orjson.loads(body)["id"] != customer_id.decode():
        raise BenchError(f"Somebody else than {customer_id.decode()}: {body.decode()}")


def _paths(prefix: bytes, ends: Iterator[bytes]) -> Iterator[bytes]:
    for end in ends:
        yield prefix + end


def _ids() -> list[bytes]:
    """Ids in the order of the people's numbers."""
    with connect() as connection:
        rows = connection.execute("SELECT id FROM profiles_customerprofile ORDER BY scl_member_id").fetchall()
    return [str(profile_id).encode() for (profile_id,) in rows]
