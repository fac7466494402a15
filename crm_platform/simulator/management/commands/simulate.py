"""`manage.py simulate`: two invented clubs whose life can be told, loaded, kept alive and scored."""

import json
import secrets
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from crm_platform import env
from crm_platform.simulator import files, live_events
from crm_platform.simulator.accounts import NotOurs
from crm_platform.simulator.clubs import Club
from crm_platform.simulator.loading import (
    FOLDER,
    Plan,
    chosen_clubs,
    is_loaded,
    load,
    loaded_tenants,
    plan_in,
)
from crm_platform.simulator.mix import bench_mix, bench_people
from crm_platform.simulator.placements import profiles_of_records, waiting_pairs
from crm_platform.simulator.publishing import publish_all
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.score import score
from crm_platform.simulator.score_text import score_text
from crm_platform.simulator.truth import read_truth
from crm_platform.simulator.world import DEFAULT_MONTHS, DEFAULT_PEOPLE, DEFAULT_SEED
from tenants.commands import ProductCommand
from tenants.models import Tenant

DEFAULT_RATE = 6.0


class Command(ProductCommand):
    """Each mode is one method; without a database only `--out` works."""

    help = (
        "A simulated world of two clubs: write its history and truth (--out), load it as the demo (--load), "
        "keep it alive through BullMQ (--live), score identity resolution against the truth (--score)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and the parameters of the world."""
        modes = parser.add_mutually_exclusive_group(required=True)
        modes.add_argument("--out", metavar="DIR", help="write history-SLUG.ndjson.gz and truth-SLUG.jsonl")
        modes.add_argument("--load", action="store_true", help="make clubs and logins, take the history in")
        modes.add_argument("--live", action="store_true", help="publish a few events a minute, for ever")
        modes.add_argument("--score", action="store_true", help="precision and recall of identity resolution")
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
        parser.add_argument("--people", type=int, default=DEFAULT_PEOPLE, help="over both clubs")
        parser.add_argument("--months", type=int, default=DEFAULT_MONTHS, help="how long the history is")
        parser.add_argument("--until", default="", metavar="ISO", help="where it ends (default: now)")
        parser.add_argument(
            "--tenants", "--tenant", default="", metavar="SLUGS", help="only these clubs: a,b"
        )
        parser.add_argument("--rate", type=float, default=DEFAULT_RATE, help="--live: events a minute")
        parser.add_argument("--limit", type=int, default=0, help="--live: stop after so many events")
        parser.add_argument(
            "--events", type=int, default=0, help="--out: instead, so many cheap events about numbered people"
        )
        parser.add_argument("--json", action="store_true", help="--score: as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Choose the clubs and do what was asked."""
        clubs = _clubs(options["tenants"])
        try:
            if options["out"] and options["events"]:
                self._write_load(clubs, options)
            elif options["out"]:
                self._write(clubs, _plan(options), Path(options["out"]))
            elif options["load"]:
                load(clubs, _plan(options), env.data_dir(), self.stdout.write)
            elif options["live"]:
                self._live(clubs, options["rate"], options["limit"])
            else:
                self._score(clubs, as_json=options["json"])
        except (NotOurs, ValueError) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stderr.write("Stopped.")

    def _write(self, clubs: Sequence[Club], plan: Plan, folder: Path) -> None:
        """The files of a world, without touching the database."""
        world = plan.world()
        folder.mkdir(parents=True, exist_ok=True)
        for club in clubs:
            people = files.write_truth(world, club.slug, folder)
            events = files.write_history(world, club.slug, folder)
            self.stdout.write(f"{club.name}: {people:,} people, {events:,} events")

    def _write_load(self, clubs: Sequence[Club], options: dict[str, Any]) -> None:
        """Files of many cheap events about numbered people, who are made known by a file of their own."""
        plan, folder = _plan(options), Path(options["out"])
        folder.mkdir(parents=True, exist_ok=True)
        for club in clubs:
            mix = bench_mix(options["events"], plan.people, club.slug, plan.seed, until=plan.until)
            people = bench_people(plan.people, club.slug, until=plan.until)
            for name, events in (("people", people), ("mix", mix)):
                path = folder / f"{name}-{club.slug}.ndjson.gz"
                self.stdout.write(f"{path}: {files.write_events(events, path):,} events")

    def _live(self, clubs: Sequence[Club], rate: float, limit: int) -> None:
        tenants = self._loaded(clubs)
        slugs = tuple(tenant.slug for tenant in tenants)
        self.stdout.write(f"Live: {', '.join(slugs)}, about {rate:g} events a minute")
        world = plan_in(tenants[0]).world()
        events = live_events(world, rate, Rng(secrets.token_hex(8)), slugs=slugs)
        publish_all(islice(events, limit) if limit else events)

    def _score(self, clubs: Sequence[Club], *, as_json: bool) -> None:
        folder = env.data_dir() / FOLDER
        scores = {}
        for tenant in self._loaded(clubs):
            if not is_loaded(tenant, folder):
                raise CommandError(
                    f"The history of {tenant.slug} is not loaded completely: run --load first."
                )
            truth = read_truth(files.truth_path(folder, tenant.slug))
            scores[tenant.slug] = score(truth, profiles_of_records(tenant), waiting_pairs(tenant))
        if as_json:
            document = {slug: one.as_dict() for slug, one in scores.items()}
            self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))
        else:
            self.stdout.write(score_text(scores))

    @staticmethod
    def _loaded(clubs: Sequence[Club]) -> list[Tenant]:
        tenants = loaded_tenants(clubs)
        if not tenants:
            raise CommandError("No club of the demo is here: run `manage.py simulate --load` first.")
        return tenants


def _clubs(names: str) -> list[Club]:
    """The clubs of a list such as a,b; all for an empty one."""
    try:
        return chosen_clubs([name.strip() for name in names.split(",") if name.strip()])
    except KeyError as error:
        raise CommandError(f"{error} is no club of the demo.") from None


def _plan(options: dict[str, Any]) -> Plan:
    """The plan that the options describe; raises ValueError."""
    until = datetime.now(UTC)
    if options["until"]:
        until = datetime.fromisoformat(options["until"])
        # A bare date or local time of whoever types it.
        until = until.astimezone(UTC) if until.tzinfo else until.replace(tzinfo=UTC)
    return Plan(
        seed=options["seed"],
        people=options["people"],
        months=options["months"],
        until=until.replace(microsecond=0),
    )
