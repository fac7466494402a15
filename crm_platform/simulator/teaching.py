"""What the truth teaches the search for duplicates: how often each outcome is seen between one person's profiles."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Final

import orjson

from crm_platform.simulator.placements import profiles_of_records
from crm_platform.simulator.truth import TruePerson
from profiles.matching.duplicates.backends import open_backend, open_duck
from profiles.matching.duplicates.comparisons import COMPARISONS
from profiles.matching.duplicates.extraction import extract
from profiles.matching.duplicates.learning import count_outcomes, count_strangers
from profiles.matching.duplicates.parameters import Odds, Parameters, key_of
from profiles.matching.duplicates.preparation import prepare
from tenants.models import Tenant
from tenants.scope import tenant_scope

# So many pairs are assumed to look as somebody who knows clubs would guess, so that what was not seen stays possible.
ASSUMED_PAIRS: Final = 30
ASSUMED: Final = Path(__file__).with_name("assumed_odds.json")
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)

Pair = tuple[str, str]


def true_pairs(tenant: Tenant, truth: Iterable[TruePerson]) -> set[Pair]:
    """Pairs of profiles that are one person's; a profile that holds records of several belongs to most of them."""
    profile_of = profiles_of_records(tenant)
    people: dict[str, Counter[str]] = defaultdict(Counter)
    for person in truth:
        for record in person.records:
            profile = profile_of.get((record.kind, record.value))
            if profile:
                people[profile][person.person_id] += 1
    profiles: dict[str, set[str]] = defaultdict(set)
    for profile, owners in people.items():
        profiles[owners.most_common(1)[0][0]].add(profile)
    return {pair for own in profiles.values() for pair in combinations(sorted(own), 2)}


class WeightTraining:
    """Counts of several clubs, added up."""

    def __init__(self) -> None:
        self.people = 0
        self.pairs = 0
        self._seen: Counter[str] = Counter()
        self._assumed = Parameters.from_document(orjson.loads(ASSUMED.read_bytes()))
        self._strangers: list[tuple[int, Parameters]] = []

    def learn(self, tenant: Tenant, pairs: Collection[Pair]) -> None:
        """Count one club."""
        with tempfile.TemporaryDirectory() as name, tenant_scope(tenant):
            duck = open_duck(Path(name))
            extract(duck, Path(name), LONG_AGO)
            prepare(duck)
            backend = open_backend(duck)
            people = backend.register("person", duck)
            numbers = dict(duck.execute("SELECT id::varchar, unique_id FROM person").fetchall())
            known = [(numbers[one], numbers[other]) for one, other in pairs if {one, other} <= numbers.keys()]
            self._strangers.append((len(numbers), count_strangers(people, len(numbers), self._assumed)))
            self._seen += count_outcomes(duck, backend, people, known, self._assumed)
            self.people += len(numbers)
            self.pairs += len(known)
            duck.close()

    def parameters(self) -> Parameters:
        """The numbers to ship."""
        odds: dict[str, Odds] = {}
        for comparison in COMPARISONS:
            keys = [key_of(comparison, level) for level in comparison.outcomes]
            total = sum(self._seen[key] for key in keys)
            for key in keys:
                assumed, _ = self._assumed.odds[key]
                m = (self._seen[key] + ASSUMED_PAIRS * assumed) / (total + ASSUMED_PAIRS)
                u = sum(people * known.odds[key][1] for people, known in self._strangers) / self.people
                odds[key] = (m, u)
        return Parameters(self.pairs / self.people, odds)
