"""Who saw, changed, exported or merged what."""

from django.db import models
from django.db.models import Q

from tenants.models.base import TenantModel


class LoggedAction(TenantModel):
    """One act of one actor; append-only for the running program, readable by the club.

    Holds ids, counts and names of fields, never values of personal data: an erasure leaves it as it is. `hour` is
    set where repeating within an hour says nothing new (a page that was looked at).
    """

    class ActorKind(models.TextChoices):
        """What kind of actor; see `tenants.actors`."""

        USER = "USER", "Person"
        API_KEY = "API_KEY", "Service"
        SYSTEM = "SYSTEM", "Platform"

    at = models.DateTimeField(db_default=models.functions.Now())
    hour = models.DateTimeField(null=True)
    actor_kind = models.CharField(max_length=10, choices=ActorKind.choices)
    actor_id = models.CharField(max_length=250)
    actor_name = models.CharField(max_length=250)
    action = models.CharField(max_length=40, help_text="What was done, as in customer.merged.")
    subject_kind = models.CharField(max_length=20, help_text="To what kind of thing, as in customer.")
    subject_id = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name = "entry"
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(action__regex=r"^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$"),
                name="tenants_action_name_ck",
            ),
            models.CheckConstraint(
                condition=Q(actor_kind__in=["USER", "API_KEY", "SYSTEM"]), name="tenants_action_actor_ck"
            ),
            models.UniqueConstraint(
                fields=["tenant", "actor_id", "action", "subject_id", "hour"],
                condition=Q(hour__isnull=False),
                name="tenants_action_hour_uq",
            ),
        ]
        indexes = [
            # The club's log, newest first.
            models.Index(fields=["tenant", "-id"], name="tenants_action_newest_idx"),
            # What was done to one customer.
            models.Index(fields=["tenant", "subject_id", "-id"], name="tenants_action_subject_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name}"
