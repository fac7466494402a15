"""How rightly identity is resolved in five clubs that its rules have not seen, in pairs of records."""

import json
from typing import Any, Final

import orjson
from django.db import transaction

from crm_platform.bench.figures import Figure, rate
from crm_platform.bench.held_out.people import CLUBS
from crm_platform.bench.held_out.records import UnseenClub
from crm_platform.bench.held_out.resort import Resort
from crm_platform.bench.held_out.valley import Valley
from crm_platform.bench.setting import Setting
from crm_platform.simulator.placements import profiles_of_records, waiting_pairs
from crm_platform.simulator.score import Score, score
from events.draining import wait_until_drained
from events.transports.files import FileDoor, Reject
from profiles.matching.duplicates.searching import find_duplicates
from tenants.models import Tenant, TenantName
from tenants.scope import tenant_scope

HeldOut = UnseenClub | Resort | Valley

SEED: Final = "unseen"
LEAST_PRECISION: Final = 0.985
LEAST_RECALL: Final = 0.85
LEAST_WITH_QUEUE: Final = 0.93


def run(setting: Setting) -> list[Figure]:
    """Bring each club in by events, search for duplicates, and compare with the truth."""
    figures: list[Figure] = []
    clubs: list[HeldOut] = [
        *(UnseenClub(habits, setting.sizes.people, SEED) for habits in CLUBS),
        Resort(setting.sizes.people, SEED),
        Valley(setting.sizes.people, SEED),
    ]
    scores = [_measure(setting, club) for club in clubs]
    for club, one in zip(clubs, scores, strict=True):
        figures += _figures(club.slug, one)
    found, right = (sum(getattr(one, f"{name}_pairs") for one in scores) for name in ("found", "right"))
    setting.reporter.note(f"together: {found - right:,} of {found:,} pairs wrong")
    return figures


def _figures(slug: str, one: Score) -> list[Figure]:
    words = f"{slug}: {one.people:,} people, {one.records:,} records"
    return [
        rate("identity", f"{words}, precision", one.precision, "share", least=LEAST_PRECISION),
        rate("identity", f"{words}, recall", one.recall, "share", least=LEAST_RECALL),
        rate("identity", f"{words}, with the queue", one.recall_with_queue, "share", least=LEAST_WITH_QUEUE),
    ]


def _measure(setting: Setting, club: HeldOut) -> Score:
    tenant = _make_tenant(club)
    file = setting.folder / f"{club.slug}.ndjson"
    file.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in club.events()))
    rejects: list[Reject] = []
    with file.open("rb") as stream:
        FileDoor(dry_run=False).take(stream, on_reject=rejects.append, on_batch=lambda: None)
    wait_until_drained([tenant.pk], in_this_process=True, on_progress=lambda _: None)
    before = score(club.truth, profiles_of_records(tenant), waiting_pairs(tenant))
    setting.reporter.note(f"{club.slug}, before the search: {_ratios(before)}")
    with tenant_scope(tenant):
        find_duplicates(is_full=True)
    after = score(club.truth, profiles_of_records(tenant), waiting_pairs(tenant))
    setting.reporter.note(
        f"{club.slug}: {_ratios(after)}; {len(rejects)} rejected, {after.unknown_records} unknown, "
        f"{len(waiting_pairs(tenant)):,} pairs wait; wrong by habit: {json.dumps(_habits(after))}"
    )
    return after


def _ratios(one: Score) -> str:
    return f"precision {one.precision:.4f}, recall {one.recall:.4f}, with queue {one.recall_with_queue:.4f}"


def _habits(one: Score) -> dict[str, int]:
    """Kinds of what the worst findings have in common; the people themselves teach nothing."""
    kinds: dict[str, int] = {}
    for finding in one.false_merges:
        for note in finding.notes:
            kinds[note] = kinds.get(note, 0) + finding.pairs
    return kinds


def _make_tenant(club: HeldOut) -> Tenant:
    settings: dict[str, Any] = {"time_zone": "Europe/Berlin", "default_country": club.country}
    with transaction.atomic():
        tenant = Tenant.objects.create(slug=club.slug, name=club.slug.title(), **settings)
        TenantName.objects.create(name=club.slug, tenant=tenant)
    return tenant
