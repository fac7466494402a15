"""`manage.py bench`: the form of its answer, what it counts, and what it leaves behind."""

import http.server
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from crm_platform.bench.database import connect
from crm_platform.bench.figures import BenchError, Figure, as_json, duration, percentile, rate
from crm_platform.bench.http_load import Site, closed_loop, length_of
from crm_platform.bench.launching import with_option
from crm_platform.bench.lookup import by_popularity, evenly
from crm_platform.bench.mix import MIX, mixed_events
from crm_platform.bench.place import DATABASE_PREFIX
from crm_platform.bench.sizes import DEFAULTS, Sizes
from crm_platform.supervisor import programs
from events.catalogue.registry import canonical
from events.envelope import receive
from tests.crm_platform.processes import manage, start
from tests.patience import PATIENCE_SECONDS, wait_until

NOW = datetime(2026, 3, 1, tzinfo=UTC)
# Much more than it takes, for machines that do other things as well.
FORM = ["benchmark", "measure", "value", "unit", "baseline", "ratio", "target", "met"]


# The server is shared by all processes of a run, and nobody else's benchmark may be seen there.
on_its_own = pytest.mark.xdist_group("databases-of-benchmarks")


def databases_of_benchmarks() -> list[str]:
    with connect() as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [DATABASE_PREFIX + "%"]
        )
        return [name for (name,) in rows]


def test_a_rate_is_held_against_its_least_value_and_its_baseline() -> None:
    figure = rate("ingest", "events", 9_000, "events/s", baseline=30_000, least=8_000)

    assert figure == Figure("ingest", "events", 9000.0, "events/s", 30000.0, 0.3, 8000.0, True)


def test_a_bar_that_is_a_share_of_the_baseline_is_told_in_the_unit_of_the_value() -> None:
    figure = rate("lookup", "any", 2_400, "requests/s", baseline=5_000, least_share=0.5)

    assert (figure.ratio, figure.target, figure.met) == (0.48, 2500.0, False)


def test_a_duration_may_be_at_most_its_target() -> None:
    assert duration("lookup", "p99", 25.0, most_ms=25.0).met is True
    assert duration("lookup", "p99", 25.1, most_ms=25.0).met is False
    assert duration("lookup", "p50", 25.1).met is None


def test_figures_have_four_digits_and_the_fields_of_every_benchmark() -> None:
    (told,) = as_json([rate("ingest", "events", 12_345.678, "events/s")])

    assert list(told) == FORM
    assert told["value"] == 12_346.0
    assert told["baseline"] is told["ratio"] is told["target"] is told["met"] is None


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(100, 0, -1)]

    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([7.0], 0.99)) == (50.0, 99.0, 7.0)
    with pytest.raises(BenchError, match="Nothing was measured"):
        percentile([], 0.5)


def test_quick_is_a_fiftieth_and_choices_count_over_defaults() -> None:
    quick = DEFAULTS["timeline"].quick()

    assert quick == Sizes(people=2_000, activities=200_000, connections=8, seconds=1.0, rounds=1)
    assert quick.changed(people=7, rounds=None).people == 7
    assert DEFAULTS["ingest"] == Sizes(events=200_000, people=100_000)


def test_the_mix_holds_only_events_of_the_catalogue_and_is_the_same_every_time() -> None:
    made = list(mixed_events(500, 20, now=NOW))

    assert [one.event for one in made] == [one.event for one in mixed_events(500, 20, now=NOW)]
    assert sum(share for share, _ in MIX) == 100
    assert len({one.event["type"] for one in made}) == len(MIX)
    assert all(canonical(one.event["type"]) for one in made)
    assert all(receive(one.event, now=NOW).envelope.known for one in made)
    assert len({one.event["id"] for one in made}) == 500


def test_popular_values_come_as_often_as_their_rank_says() -> None:
    values = [str(number).encode() for number in range(100)]
    popular, even = by_popularity(values), evenly(values)

    drawn = [next(popular) for _ in range(10_000)]
    most = max(drawn.count(value) for value in values)

    # 1 / (1 + 1/2 + … + 1/100) of all.
    assert 1_800 < most < 2_060
    assert max([next(even) for _ in range(10_000)].count(value) for value in values) < 200


def test_a_program_gets_another_value_for_an_option_that_it_has() -> None:
    program = with_option(programs.worker(), "--concurrency", "1")

    position = program.command.index("--concurrency")
    assert program.command[position + 1] == "1"
    assert program.name == "worker"
    assert program.environment == programs.worker().environment != {}


def test_an_answer_ends_where_its_head_says() -> None:
    assert length_of(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab") == 43
    assert length_of(b"HTTP/1.1 200 OK\r\nContent-Len") == 0
    with pytest.raises(BenchError, match="length"):
        length_of(b"HTTP/1.1 200 OK\r\n\r\n")


@contextmanager
def small_server(status: int) -> Iterator[int]:
    """A server that answers every GET with its path; yields the port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.path.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_the_load_keeps_its_connections_busy_and_checks_answers() -> None:
    checked: list[tuple[bytes, bytes]] = []
    paths = (b"/%d" % number for number in range(1_000_000))

    with small_server(200) as port:
        load = closed_loop(
            Site(port, {"X-Test": "1"}),
            paths,
            connections=3,
            seconds=0.3,
            check=lambda path, body: checked.append((path, body)),
        )

    assert len(load.latencies) > 10
    assert load.rate == pytest.approx(len(load.latencies) / load.seconds)
    assert 0 < load.p99_ms < 300
    assert all(path == body for path, body in checked)
    assert checked


def test_the_load_refuses_to_measure_errors() -> None:
    with (
        small_server(503) as port,
        pytest.raises(BenchError, match=r"GET /busy was answered with: HTTP/1\.1 503"),
    ):
        closed_loop(
            Site(port, {}), iter([b"/busy"] * 10), connections=1, seconds=1, check=lambda path, body: None
        )


def test_only_positive_sizes_are_taken() -> None:
    for words in (("ingest", "--events", "0"), ("lookup", "--seconds", "-1"), ("nothing",)):
        with pytest.raises(CommandError):
            call_command("bench", *words)


@on_its_own
def test_ingest_answers_with_figures_of_counts_that_were_checked_and_leaves_no_database() -> None:
    process = start("manage.py", "bench", "ingest", "--json", "--events", "300", "--people", "50")
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    figures = json.loads(output[output.index("[\n") :])
    assert process.returncode == 0
    assert [list(figure) for figure in figures] == [FORM, FORM]
    assert {figure["benchmark"] for figure in figures} == {"ingest"}
    assert all(figure["value"] > 0 and figure["baseline"] > 0 for figure in figures)
    assert [figure["met"] for figure in figures] == [
        figure["value"] >= figure["target"] for figure in figures
    ]
    assert databases_of_benchmarks() == []


@on_its_own
def test_a_stopped_benchmark_leaves_nothing_behind() -> None:
    process = start("manage.py", "bench", "ingest", "--json", "--events", "300", "--people", "50")
    wait_until(lambda: databases_of_benchmarks() != [])

    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 130
    assert "Stopped" in output
    assert databases_of_benchmarks() == []


def test_a_part_that_a_benchmark_does_not_have_is_named_with_those_it_has() -> None:
    answered = manage("bench", "segments", "--part", "page")

    assert answered.returncode == 1
    assert (
        "There is no part page. Parts: counts, pages, refresh, few, together, following." in answered.stdout
    )
    with pytest.raises(CommandError, match="name one only"):
        call_command("bench", "ingest", "lookup", "--part", "counts")


def test_a_database_that_cannot_be_reached_is_said_in_one_line() -> None:
    answered = manage("bench", "ingest", CRM_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert answered.returncode == 1
    assert "CommandError: The server of CRM_DATABASE_URL cannot be used:" in answered.stdout
    assert "Traceback" not in answered.stdout
