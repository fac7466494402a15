"""Mails to people of the back office about their own accounts; mails to customers are the Messaging service's.

A mail is sent by a worker, so that neither a slow mail server nor the time it takes tells the caller whether there is
such an account. The message in Redis holds ids only: the worker makes the link.
"""

import logging
from typing import Any, Final

from celery import current_app
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from kombu.exceptions import OperationalError

from tenants.invitations import path_of
from tenants.models import Invitation, User
from tenants.redis_client import RedisError, redis_client
from tenants.scope import tenant_scope

logger = logging.getLogger(__name__)
MAIL_RESET: Final = "tenants.mail_password_reset"
MAIL_INVITATION: Final = "tenants.mail_invitation"
RESET_EVERY_SECONDS: Final = 300


def send_later(task: str, *arguments: Any) -> bool:
    """Let a worker send the mail; False when none can be told now."""
    try:
        current_app.send_task(task, list(arguments), retry=False)
    except (RedisError, OperationalError) as error:
        logger.warning("%s not sent: %s", task, error)
        return False
    return True


def may_mail_reset(user_id: int) -> bool:
    """Whether the account got no such mail in the last minutes: nobody fills a colleague's mailbox."""
    try:
        return bool(redis_client().set(f"crm:reset:{user_id}", 1, nx=True, ex=RESET_EVERY_SECONDS))
    except RedisError:
        return True


def mail_password_reset(user_id: int, site: str) -> bool:
    """Send the link with which the user chooses a new password; `site` is the platform's address with a slash."""
    user = User.objects.filter(pk=user_id, is_active=True).exclude(email="").first()
    if user is None or not may_mail_reset(user.pk):
        return False
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("account-password-new", args=[uid, default_token_generator.make_token(user)])
    _send(user.email, "Choose a new password", "account/reset_mail.txt", user=user, link=_link(site, path))
    return True


def mail_invitation(tenant_id: Any, invitation_id: Any, site: str) -> bool:
    """Send the link of an invitation, unless it has ended meanwhile."""
    with tenant_scope(tenant_id):
        invitation = (
            Invitation.objects.select_related("tenant", "invited_by")
            .filter(pk=invitation_id, accepted_at__isnull=True, withdrawn_at__isnull=True)
            .first()
        )
    if invitation is None:
        return False
    subject = f"{invitation.tenant.name} invites you"
    link = _link(site, path_of(invitation))
    _send(invitation.email, subject, "account/invitation_mail.txt", invitation=invitation, link=link)
    return True


def _link(site: str, path: str) -> str:
    return site.rstrip("/") + path


def _send(address: str, subject: str, template: str, **context: Any) -> None:
    send_mail(" ".join(subject.split()), render_to_string(template, context), None, [address])
