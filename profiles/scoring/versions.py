"""Which rules a club scores by, and changing them."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from events.debounce import enqueue_on_commit
from profiles.models import ScoringRules
from profiles.scoring.rules import DEFAULT_RULES, Rules
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import current_tenant_id

# The rules that come with the program.
DEFAULT_VERSION: Final = 0
SCORE_TENANT: Final = "profiles.score_tenant"


def current_rules() -> tuple[int, Rules]:
    """Version and rules by which the open scope's club scores now."""
    newest = ScoringRules.objects.order_by("-version").first()
    if newest is None:
        return DEFAULT_VERSION, DEFAULT_RULES
    return newest.version, Rules.from_json(newest.rules)


def rules_of(version: int) -> Rules:
    """The rules of a version, to explain what was scored by it."""
    stored = ScoringRules.objects.filter(version=version).first()
    return DEFAULT_RULES if stored is None else Rules.from_json(stored.rules)


def change_rules(given: Mapping[str, Any]) -> int:
    """Make a new version of the rules; returns its number, or the present one where nothing differs.

    Whoever is touched is scored by it from now on, everybody else by a run that starts after the commit. Raises
    InvalidFields.
    """
    rules = Rules.from_json(given)
    with transaction.atomic():
        lock_tenant(AdvisoryLock.SCORING)
        version, present = current_rules()
        if rules == present:
            return version
        highest: int = ScoringRules.objects.aggregate(highest=Max("version"))["highest"] or DEFAULT_VERSION
        stored = rules.as_json()
        ScoringRules.objects.create(
            tenant_id=current_tenant_id(),
            version=highest + 1,
            rules=stored,
            made_by_name=current_actor().name,
        )
        before = present.as_json()
        changed = sorted(name for name in stored if stored[name] != before[name])
        log_action(
            "scoring.changed",
            subject_kind="scoring",
            subject_id=highest + 1,
            details={"fields": changed, "version": highest + 1},
        )
        enqueue_on_commit(SCORE_TENANT, str(current_tenant_id()))
    return highest + 1


def go_back(version: int) -> int:
    """Make the rules of an older version the present ones, as a new version; raises LookupError for an unknown one."""
    if version != DEFAULT_VERSION and not ScoringRules.objects.filter(version=version).exists():
        raise LookupError(version)
    return change_rules(rules_of(version).as_json())
