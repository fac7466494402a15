"""Mail to the admins of a club before an account stops working, and when it has stopped: once for each connecting."""

import logging
from datetime import datetime
from functools import partial
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.core.mail import send_mail
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from social.health import AHEAD, health_of
from social.library.serving import public_url
from social.models import Connection, ConnectionStatus, Network
from tenants.models import Role, User
from tenants.one_by_one import within_each_club
from tenants.scope import all_tenants

logger = logging.getLogger(__name__)
MOST: Final = 100


def warn_admins(now: datetime | None = None) -> int:
    """Write to the admins about accounts that need them now or within a week; returns how many accounts."""
    now = now or timezone.now()
    ends = Q(
        network=Network.INSTAGRAM, data_access_expires_at__lte=now + AHEAD, status=ConnectionStatus.ACTIVE
    )
    with all_tenants():
        ailing = list(
            Connection.objects.filter(ends | Q(status=ConnectionStatus.NEEDS_RECONNECT), warned_at=None)
            .order_by("pk")
            .values_list("pk", "tenant_id")[:MOST]
        )

    return within_each_club(ailing, partial(_warn, now=now), what="warning about an account")


def _warn(connection_id: UUID, now: datetime) -> int:
    """The mark is set first, by whoever is first; it is taken away where no mail could be sent."""
    row = Connection.objects.select_related("tenant").get(pk=connection_id)
    mine = Connection.objects.filter(pk=row.pk, warned_at=None)
    if not mine.update(warned_at=now):
        return 0
    health = health_of(row, now)
    link = public_url() + reverse("admin:social_accounts")
    words = render_to_string("social/warning_mail.txt", {"row": row, "health": health, "link": link})
    admins = User.objects.filter(is_active=True, memberships__tenant=row.tenant, memberships__role=Role.ADMIN)
    try:
        for address in sorted(set(admins.exclude(email="").values_list("email", flat=True))):
            send_mail(f"{row}: please connect it again", words, None, [address])
    except (SMTPException, OSError):
        logger.warning("no mail about an account could be sent", extra={"connection_id": str(row.pk)})
        Connection.objects.filter(pk=row.pk).update(warned_at=None)
        return 0
    return 1
