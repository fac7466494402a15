"""Celery entries of the ground floor."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from tenants import staff_mail
from tenants.idempotency_retention import prune_idempotency_records


@shared_task(name="tenants.prune_idempotency_records", ignore_result=True)
def prune_idempotency_records_task() -> int:
    """Delete stored answers that nobody may ask for any more. Idempotent: it deletes by age."""
    return prune_idempotency_records(timezone.now())


@shared_task(name=staff_mail.MAIL_RESET, ignore_result=True)
def mail_password_reset_task(user_id: int, site: str) -> bool:
    """Send a link for a new password. Not twice within minutes: the account's mark in Redis says so."""
    return staff_mail.mail_password_reset(user_id, site)


@shared_task(name=staff_mail.MAIL_INVITATION, ignore_result=True)
def mail_invitation_task(tenant_id: str, invitation_id: str, site: str) -> bool:
    """Send an invitation's link. A second mail with the same link harms nobody."""
    return staff_mail.mail_invitation(UUID(tenant_id), invitation_id, site)
