"""Invitations of people to work for a club."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from tenants.models.base import TenantModel
from tenants.models.user import Role, User


class Invitation(TenantModel):
    """A link that lets whoever opens it into the club, once, in a role.

    `issue` is part of the link's signature. Says nothing about accounts: whether the address has one already is known
    to nobody but its owner.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("e-mail")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.STAFF)
    issue = models.UUIDField(default=uuid.uuid4, editable=False)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant",
                Lower("email"),
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="tenants_invitation_open_uq",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="tenants_invitation_role_ck"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="tenants_invitation_end_ck",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("made_at")), name="tenants_invitation_time_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.get_role_display()}"

    def is_open(self, now: datetime) -> bool:
        """Whether the link still lets somebody in."""
        return self.accepted_at is None and self.withdrawn_at is None and now < self.expires_at
