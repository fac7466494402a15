"""Celery entries of this app: parse the id, open the scope, call one function."""

from contextlib import suppress
from uuid import UUID

from celery import shared_task

from events.debounce import PROCESS_INBOX, clear_debounce, enqueue_debounced
from profiles.errors import ScoringUnderWay, SearchUnderWay
from profiles.exchange.importing import jobs
from profiles.exchange.importing.jobs import RUN_IMPORT
from profiles.ingest import process_turn
from profiles.matching.review import weigh_candidates
from profiles.privacy.counting import COUNT_ERASURES, count_erasures, sweep_counts
from profiles.privacy.queues import finish_all
from profiles.privacy.retention import apply_retention
from profiles.privacy.text_index import drop_pruned_blocks, index_texts
from profiles.scoring import history_backfill, log_consumer, runs
from profiles.scoring.log_consumer import SCORE_TOUCHED
from profiles.scoring.people import Scorer
from profiles.scoring.versions import SCORE_TENANT
from tenants.actors import acting_as, program
from tenants.models import Tenant
from tenants.one_by_one import one_by_one
from tenants.scope import tenant_scope

INDEX_TEXTS = "profiles.index_texts_of"


@shared_task(name=PROCESS_INBOX)
def process_inbox(tenant_id: str) -> None:
    """Apply what waits in one tenant's inbox, for a bounded turn; idempotent by the status of the inbox rows.

    A tenant with more to do goes to the back of the queue, so that it never starves another.
    """
    clear_debounce(PROCESS_INBOX, tenant_id)
    with tenant_scope(UUID(tenant_id)):
        more = process_turn()
    if more:
        enqueue_debounced(PROCESS_INBOX, tenant_id)


@shared_task(name=SCORE_TOUCHED)
def score_touched(tenant_id: str) -> None:
    """Score whom the log named; idempotent, because the same history has the same scores."""
    clear_debounce(SCORE_TOUCHED, tenant_id)
    if log_consumer.score_touched(UUID(tenant_id)):
        enqueue_debounced(SCORE_TOUCHED, tenant_id)


@shared_task(name="profiles.sweep_scores")
def sweep_scores() -> None:
    """Find clubs in which somebody waits to be scored; idempotent, because waking is."""
    log_consumer.sweep_waiting()


@shared_task(name="profiles.score_everybody")
def score_everybody() -> None:
    """See whose run of today is missing, one task a tenant, so that none waits for another's size."""
    for tenant in Tenant.objects.filter(is_active=True):
        score_tenant.delay(str(tenant.pk))


@shared_task(name=SCORE_TENANT, soft_time_limit=3300, time_limit=3600)
def score_tenant(tenant_id: str) -> None:
    """Score everybody of a tenant where that is due; idempotent by the day, the rules and the order of tiers."""
    clear_debounce(SCORE_TENANT, tenant_id)
    with (
        tenant_scope(UUID(tenant_id)),
        acting_as(program("profiles.score_tenant")),
        suppress(ScoringUnderWay),
    ):
        # Again when the rules were changed in the meantime.
        while runs.is_due(Scorer.of_scope()):
            runs.score_everybody()
        if history_backfill.is_history_backfill_due():
            history_backfill.backfill_history()


@shared_task(name=RUN_IMPORT, soft_time_limit=3300, time_limit=3600)
def run_import(argument: str) -> None:
    """Check, bring in or take back one import; idempotent by its status, its lease and the marks on its rows."""
    clear_debounce(RUN_IMPORT, argument)
    jobs.run_import(argument)


@shared_task(name="profiles.sweep_imports")
def sweep_imports() -> None:
    """Find imports whose worker is gone; idempotent, because waking is."""
    jobs.sweep_abandoned()


@shared_task(name="profiles.find_duplicates")
def find_duplicates() -> None:
    """Start the search for duplicates of each tenant, one task each, so that none waits for another's size."""
    for tenant in Tenant.objects.filter(is_active=True):
        find_duplicates_of.delay(str(tenant.pk))


@shared_task(name="profiles.find_duplicates_of", soft_time_limit=3300, time_limit=3600)
def find_duplicates_of(tenant_id: str) -> None:
    """Search one tenant for duplicates; idempotent, because what was compared since the last change is left out."""
    from profiles.matching.duplicates.searching import find_duplicates  # noqa: PLC0415 - Splink and DuckDB, 70 MB

    with (
        tenant_scope(UUID(tenant_id)),
        acting_as(program("profiles.find_duplicates")),
        suppress(SearchUnderWay),
    ):
        find_duplicates()


@shared_task(name="profiles.weigh_candidates")
def weigh_new_candidates() -> None:
    """Weigh pairs that came before staff and have no weight yet; idempotent, because a weight is written once."""
    one_by_one(Tenant.objects.filter(is_active=True), _weigh_new_candidates_of, what="weighing candidates")


def _weigh_new_candidates_of(tenant: Tenant) -> None:
    with tenant_scope(tenant):
        weigh_candidates(is_everybody=False)


@shared_task(name="profiles.finish_erasures")
def finish_erasures() -> None:
    """Search the queues for erased people whom Redis was away for; idempotent, because what is found is gone."""
    finish_all()


@shared_task(name="profiles.apply_retention")
def apply_retention_everywhere() -> None:
    """Start the retention of each tenant, one task each, so that none waits for another's size."""
    for tenant in Tenant.objects.all():
        apply_retention_of.delay(str(tenant.pk))


@shared_task(name="profiles.apply_retention_of", soft_time_limit=3300, time_limit=3600)
def apply_retention_of(tenant_id: str) -> None:
    """End what is past its period in one tenant; idempotent, because it goes by age."""
    with acting_as(program("profiles.apply_retention")):
        apply_retention(Tenant.objects.get(pk=UUID(tenant_id)))
    with tenant_scope(UUID(tenant_id)):
        drop_pruned_blocks()


@shared_task(name=COUNT_ERASURES, soft_time_limit=1200, time_limit=1500)
def count_erasures_of(tenant_id: str) -> None:
    """Count what erasures would do, for pages that asked; idempotent by the status and the lease of the row."""
    clear_debounce(COUNT_ERASURES, tenant_id)
    with tenant_scope(UUID(tenant_id)), acting_as(program(COUNT_ERASURES)):
        count_erasures()


@shared_task(name="profiles.sweep_counts")
def sweep_abandoned_counts() -> None:
    """Find counts whose worker is gone; idempotent, because waking is."""
    sweep_counts()


@shared_task(name="profiles.index_texts")
def index_texts_everywhere() -> None:
    """Start the indexing of each tenant's new texts, one task each, so that none waits for another's size."""
    for tenant in Tenant.objects.all():
        enqueue_debounced(INDEX_TEXTS, str(tenant.pk))


@shared_task(name=INDEX_TEXTS)
def index_texts_of(tenant_id: str) -> None:
    """Index texts of one tenant for a turn; idempotent, because a mark moves with the blocks."""
    clear_debounce(INDEX_TEXTS, tenant_id)
    with tenant_scope(UUID(tenant_id)):
        more = index_texts()
    if more:
        enqueue_debounced(INDEX_TEXTS, tenant_id)
