"""Keys of calling services."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.models.tenant import Tenant
from tenants.models.user import User
from tenants.sources import SOURCES


class Scope(models.TextChoices):
    """What a token or key may do."""

    READ = "crm:read", "Read customers and their timelines"
    WRITE = "crm:write", "Create and change customers, add notes"
    ADMIN = "crm:admin", "Merge, segments, privacy"
    CAMPAIGNS = "crm:campaigns", "Campaigns and journeys"
    SOCIAL = "crm:social", "Social publishing"
    EVENTS = "crm:events", "Publish events"


class ApiKey(models.Model):
    """A service's key: only its SHA-256 is stored; the key itself is shown once, when it is made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, help_text="Which service uses it, as in “TeeTime production”.")
    prefix = models.CharField(max_length=12, editable=False)
    key_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices), default=list)
    sources = ArrayField(
        models.CharField(max_length=20, choices=[(name, name) for name in SOURCES]),
        default=list,
        blank=True,
        help_text="The services for which it may publish events.",
    )
    tenants = models.ManyToManyField(Tenant, related_name="api_keys")
    rate_limit_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Requests a minute instead of the platform's limits; empty: those."
    )
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.UniqueConstraint(fields=["key_hash"], name="tenants_apikey_hash_uq"),
            models.CheckConstraint(
                condition=models.Q(key_hash__regex=r"^[0-9a-f]{64}$"), name="tenants_apikey_hash_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=Scope.values), name="tenants_apikey_scopes_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(sources__contained_by=list(SOURCES)), name="tenants_apikey_sources_ck"
            ),
            models.CheckConstraint(
                condition=~models.Q(scopes__contains=[Scope.EVENTS]) | ~models.Q(sources=[]),
                name="tenants_apikey_bound_ck",
            ),
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
