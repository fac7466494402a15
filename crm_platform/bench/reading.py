"""Reading over HTTP: the product and the bare view served alike, measured in turns."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from crm_platform.bench.figures import Figure, duration, rate
from crm_platform.bench.http_load import Check, Load, Site, closed_loop
from crm_platform.bench.processes import Processes
from crm_platform.bench.setting import Setting
from crm_platform.embedded.redis import free_port
from tenants.api_keys import issue_key
from tenants.models import Scope, Tenant

BARE: Final = "crm_platform.bench.bare_wsgi:application"
LEAST_SHARE: Final = 0.75
MOST_P99_MS: Final = 10.0
# Above, the client would be measured instead of the server.
MOST_CLIENT_SHARE: Final = 0.5
WARM_UP_SHARE: Final = 0.2
UNLIMITED: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Reads:
    """Requests of one kind: an endless stream of paths, and what their answers must be."""

    title: str
    paths: Iterator[bytes]
    check: Check


def serve(processes: Processes, tenant: Tenant) -> tuple[Site, Site]:
    """Start both web servers; returns the bare one and the product with a key for it."""
    key = issue_key(name="bench", tenants=[tenant], scopes=[Scope.READ], rate_limit_per_minute=UNLIMITED)
    bare, product = Site(free_port(), {}), Site(free_port(), {"X-API-Key": key.plain})
    processes.web(bare.port, application=BARE)
    processes.web(product.port)
    return bare, product


def compare(
    setting: Setting, benchmark: str, *, tenant: Tenant, bare: Reads, product: list[Reads]
) -> list[Figure]:
    """Measure the bare reads and each of the product's in turns, `rounds` times; medians of the rounds."""
    sizes, loads = setting.sizes, dict[str, list[Load]]()
    total = sizes.rounds * (1 + len(product))
    with Processes(setting.folder) as processes:
        bare_site, site = serve(processes, tenant)
        turns = [(bare_site, bare), *((site, reads) for reads in product)]
        with setting.reporter.bar("reading", total) as report:
            for number in range(total):
                at, reads = turns[number % len(turns)]
                _loop(setting, at, reads, sizes.seconds * WARM_UP_SHARE)
                loads.setdefault(reads.title, []).append(_loop(setting, at, reads, sizes.seconds))
                report(number + 1)
    _warn_of_busy_client(setting, loads)
    return [figure for reads in product for figure in _figures(benchmark, reads.title, loads, bare.title)]


def _loop(setting: Setting, site: Site, reads: Reads, seconds: float) -> Load:
    connections = setting.sizes.connections
    return closed_loop(site, reads.paths, connections=connections, seconds=seconds, check=reads.check)


def _figures(benchmark: str, title: str, loads: Mapping[str, list[Load]], bare: str) -> list[Figure]:
    def middle(name: str, value: Callable[[Load], float]) -> float:
        return median(value(load) for load in loads[name])

    def by_rate(load: Load) -> float:
        return load.rate

    def by_p99(load: Load) -> float:
        return load.p99_ms

    return [
        rate(
            benchmark,
            title,
            middle(title, by_rate),
            "requests/s",
            baseline=middle(bare, by_rate),
            least_share=LEAST_SHARE,
        ),
        duration(
            benchmark,
            f"{title}, p99",
            middle(title, by_p99),
            baseline_ms=middle(bare, by_p99),
            most_ms=MOST_P99_MS,
        ),
    ]


def _warn_of_busy_client(setting: Setting, loads: Mapping[str, list[Load]]) -> None:
    share = max(load.client_share for found in loads.values() for load in found)
    if share > MOST_CLIENT_SHARE:
        setting.reporter.note(
            f"the client used {share:.0%} of a processor: the servers can do more than this says"
        )
