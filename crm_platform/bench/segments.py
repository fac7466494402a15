"""Segments: refreshes, counts while typing, the customer list in any order, and how soon an event moves somebody."""

import time
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import parse_qs

import orjson
from django.http import QueryDict
from django.utils import timezone

from crm_platform.bench import segment_following, segment_refreshes
from crm_platform.bench.figures import Figure, duration, percentile
from crm_platform.bench.people import make_tenant
from crm_platform.bench.segment_club import drop_segments, four_leaves, load_club
from crm_platform.bench.setting import Setting
from profiles.admin.customer_list import SORTS, choice_from, read_page
from segments.preview import count_exactly
from segments.rules import parse
from tenants.models import Tenant
from tenants.scope import tenant_scope

COUNT_MS: Final = 300.0
PAGE_MS: Final = 150.0
COUNTS: Final = 40


def run(setting: Setting) -> Iterator[Figure]:
    """All rows of the requirement, in one club."""
    tenant = make_tenant()
    load_club(setting, tenant)
    for part in setting.chosen(PARTS):
        drop_segments(tenant)
        yield from part(setting, tenant)


def _counts(setting: Setting, tenant: Tenant) -> Iterator[Figure]:
    def count(number: int) -> None:
        count_exactly(parse(four_leaves(number)), tenant, timezone.now())

    with tenant_scope(tenant):
        for number in range(3):
            count(number)
        took = [_timed(count, number) for number in range(COUNTS)]
    words = f"exact count of a rule with four leaves, {setting.sizes.people:,} people, p95"
    yield duration("segments", words, percentile(took, 0.95), most_ms=COUNT_MS)


def _pages(setting: Setting, tenant: Tenant) -> Iterator[Figure]:
    """Each order of the list, its first page and the one after it, under another rule each time."""
    first: list[float] = []
    second: list[float] = []
    by_sort: dict[str, float] = {}
    with tenant_scope(tenant), setting.reporter.bar("pages of the list", len(SORTS)) as report:
        for number, sort in enumerate(SORTS):
            query = QueryDict(mutable=True)
            query.update({"rule": orjson.dumps(four_leaves(number)).decode(), "sort": sort})
            choice = choice_from(query)
            began = time.perf_counter()
            page = read_page(choice)
            between = time.perf_counter()
            read_page(choice, after=parse_qs(page.next_query)["cursor"][0])
            first.append((between - began) * 1000)
            second.append((time.perf_counter() - between) * 1000)
            by_sort[sort] = first[-1]
            report(number + 1)
    slowest = sorted(by_sort, key=lambda sort: -by_sort[sort])[:5]
    setting.reporter.note(
        f"slowest orders: {', '.join(f'{each} {by_sort[each]:.0f} ms' for each in slowest)}"
    )
    words = f"a page of the customer list with a rule of four leaves, {len(SORTS)} orders"
    yield duration("segments", f"{words}, p95", percentile(first, 0.95), most_ms=PAGE_MS)
    yield duration("segments", f"{words}, the second page, p95", percentile(second, 0.95), most_ms=PAGE_MS)


def _timed(act: Callable[[int], None], number: int) -> float:
    began = time.perf_counter()
    act(number)
    return (time.perf_counter() - began) * 1000


PARTS: Final[dict[str, Callable[[Setting, Tenant], Iterator[Figure]]]] = {
    "counts": _counts,
    "pages": _pages,
    "refresh": segment_refreshes.full,
    "few": segment_refreshes.few,
    "together": segment_refreshes.together,
    "following": segment_following.measure,
}
