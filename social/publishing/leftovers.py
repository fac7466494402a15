"""Drafts on a Page whose post was given up: taken back, or told where that does not succeed."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.utils import timezone

from social.models import Attempt, Network, Outcome, Step, StepKind, Target, TargetStatus
from social.networks.calling import CallFailed
from social.networks.facebook import Facebook
from social.publishing.attempts import close, close_by
from social.publishing.states import locked
from social.tokens import account_of
from tenants.one_by_one import one_by_one
from tenants.scope import all_tenants, tenant_scope

# By then nobody tries the post again, which would use the draft.
PATIENCE: Final = timedelta(hours=1)
# The Graph forgets older drafts of an account that was given up as well; and nobody waits for them.
OLDEST: Final = timedelta(days=30)
MOST: Final = 50
GIVEN_UP: Final = (TargetStatus.FAILED, TargetStatus.CANCELLED)


def clear_drafts(now: datetime | None = None) -> int:
    """Take back the drafts of posts that were given up; returns how many were looked at. Each is tried once."""
    now = now or timezone.now()
    with all_tenants():
        left = list(
            Step.objects.filter(
                kind=StepKind.DRAFT,
                done_at__gt=now - OLDEST,
                done_at__lt=now - PATIENCE,
                target__status__in=GIVEN_UP,
                target__connection__network=Network.FACEBOOK,
            )
            .order_by("done_at")
            .values_list("tenant_id", "target_id")[:MOST]
        )
    one_by_one(left, _clear, what="taking a draft back")
    return len(left)


def _clear(left: tuple[UUID, UUID]) -> None:
    tenant_id, target_id = left
    with tenant_scope(tenant_id):
        target = Target.objects.select_related("post__tenant", "connection").get(pk=target_id)
        taken = _take(target)
        if taken is None:
            return
        attempt, draft_id = taken
        client = Facebook()
        try:
            account = account_of(target.connection)
            if client.is_public(account, draft_id):
                # Somebody set it live by hand: that is nothing to be deleted by a program.
                close(
                    attempt, Outcome.REFUSED, message=f"The draft {draft_id} is public; it was left as it is."
                )
                return
            client.delete(account, draft_id)
        except CallFailed as failed:
            close_by(attempt, failed, is_decisive=True)
        else:
            close(attempt, Outcome.SUCCEEDED)


def _take(target: Target) -> tuple[Attempt, str] | None:
    """The draft, and the attempt that was written down; its step goes first, so that who tries again makes another."""
    with locked(target):
        if not Target.objects.filter(pk=target.pk, status__in=GIVEN_UP).exists():
            return None
        steps = Step.objects.filter(target=target, kind__in=(StepKind.DRAFT, StepKind.UPLOAD))
        step = steps.filter(kind=StepKind.DRAFT).first()
        if step is None:
            return None
        steps.delete()
        attempt = Attempt.objects.create(
            tenant_id=target.tenant_id,
            target=target,
            kind=StepKind.CLEAR,
            lease=uuid4(),
            started_at=timezone.now(),
            message=f"The draft {step.handle}",
        )
    return attempt, step.handle
