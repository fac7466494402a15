"""People who log in, and the role each holds in each tenant."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from tenants.models.tenant import Tenant


class Role(models.TextChoices):
    """What a membership allows; the table of rights is in `tenants.roles`."""

    ADMIN = "ADMIN", "Admin"
    MARKETING_MANAGER = "MARKETING_MANAGER", "Marketing manager"
    STAFF = "STAFF", "Staff"
    VIEWER = "VIEWER", "Viewer"


class User(AbstractUser):
    """A person of the club's staff or of the platform (superuser: every tenant, one at a time)."""

    auth_user_id = models.CharField(
        "id at the login service",
        max_length=200,
        null=True,
        blank=True,
        help_text="How the login service calls this person (claim `sub` of its tokens).",
    )

    class Meta(AbstractUser.Meta):
        verbose_name = "log-in"
        verbose_name_plural = "log-ins"
        constraints = [models.UniqueConstraint(fields=["auth_user_id"], name="tenants_user_auth_user_uq")]


class Membership(models.Model):
    """A user's role in one tenant; a person may work for several clubs."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.STAFF)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "colleague"
        constraints = [
            models.UniqueConstraint(fields=["user", "tenant"], name="tenants_membership_user_tenant_uq"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="tenants_membership_role_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} of {self.tenant}"
