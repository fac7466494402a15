"""The ends of attempts."""

from typing import Any

from django.utils import timezone

from social.models import Attempt, Outcome
from social.networks.calling import CallFailed
from tenants.postgresql.commits import without_waiting


def close(attempt: Attempt, outcome: str, **changes: Any) -> None:
    """The end of an attempt. Not waited for: what a crash of the server loses is asked of the network again."""
    with without_waiting():
        Attempt.objects.filter(pk=attempt.pk).update(outcome=outcome, ended_at=timezone.now(), **changes)


def close_by(attempt: Attempt, failed: CallFailed, *, is_decisive: bool) -> None:
    """The end of an attempt that failed, as the network's answer has it."""
    said = failed.verdict
    outcome = Outcome.REFUSED
    if not failed.is_sent:
        outcome = Outcome.NOT_SENT
    elif failed.is_unclear and is_decisive:
        outcome = Outcome.UNKNOWN
    close(
        attempt,
        outcome,
        status_code=said.status or None,
        code=said.code[:40],
        trace=said.trace[:100],
        message=said.message,
    )
