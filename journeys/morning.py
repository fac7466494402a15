"""The day's tasks by mail in the morning, for colleagues who want that."""

import logging
import smtplib
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q

from journeys.models import MorningMail, Task
from journeys.staff_tasks import open_tasks
from profiles.models import CustomerProfile
from tenants.models import Tenant, User

logger = logging.getLogger(__name__)
FROM_HOUR: Final = 6
UNTIL_HOUR: Final = 11
MOST_LINES: Final = 40


def wants_mail(user: User) -> bool:
    """Whether somebody gets the mail of the open scope's club."""
    return MorningMail.objects.filter(user=user).exists()


def set_wish(user: User, tenant_id: object, *, is_wanted: bool) -> None:
    """Send it from tomorrow on, or no more."""
    if is_wanted:
        MorningMail.objects.get_or_create(user=user, tenant_id=tenant_id)
    else:
        MorningMail.objects.filter(user=user).delete()


def send_due(tenant: Tenant, now: datetime) -> int:
    """Mails of this morning that were not sent; a day without tasks sends none. Returns how many went.

    The day is kept before the mail goes: a mail too few is better than one at each beat.
    """
    local = now.astimezone(tenant.zone)
    if not FROM_HOUR <= local.hour < UNTIL_HOUR:
        return 0
    day, sent = local.date(), 0
    due = MorningMail.objects.filter(Q(sent_on__lt=day) | Q(sent_on__isnull=True))
    due = due.filter(user__is_active=True, user__memberships__tenant_id=tenant.pk)
    for wish in due.exclude(user__email="").select_related("user"):
        mine = MorningMail.objects.filter(pk=wish.pk).exclude(sent_on=day)
        if not mine.update(sent_on=day):
            continue
        tasks = list(open_tasks(owner=wish.user, until=day))
        sent += bool(tasks) and _send(tenant, wish.user, tasks)
    return sent


def _send(tenant: Tenant, user: User, tasks: list[Task]) -> bool:
    people = CustomerProfile.objects.in_bulk({one.profile_id for one in tasks})
    lines = [
        f"- {one.title}: {people[one.profile_id].name}" + (f" ({one.reason})" if one.reason else "")
        for one in tasks[:MOST_LINES]
        if one.profile_id in people
    ]
    if len(tasks) > MOST_LINES:
        lines.append(f"… and {len(tasks) - MOST_LINES} more.")
    words = "1 task" if len(tasks) == 1 else f"{len(tasks)} tasks"
    text = f"Good morning,\n\nfor today at {tenant.name}:\n\n" + "\n".join(lines) + "\n"
    try:
        send_mail(f"{words} for today, {tenant.name}", text, settings.DEFAULT_FROM_EMAIL, [user.email])
    except (OSError, smtplib.SMTPException):
        logger.warning("a morning mail was not sent", extra={"user": user.pk})
        return False
    return True
