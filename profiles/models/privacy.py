"""What remains of an erasure, and whose data must rest."""

from django.db import models
from django.db.models import Q

from tenants.models import TenantModel


class ErasureReason(models.TextChoices):
    """Why somebody is erased; the values of `crm.profile.deleted`."""

    GDPR = "gdpr_erasure", "Asked under the GDPR"
    POPIA = "popia_erasure", "Asked under POPIA"
    SOURCE = "source_deleted", "Deleted in the source"


class ErasureReceipt(TenantModel):
    """Proof of one erasure: what was done to how many rows, and a hash over it. Holds no personal data."""

    profile_id = models.UUIDField()
    reason = models.CharField(max_length=20, choices=ErasureReason.choices)
    counts = models.JSONField(help_text="Table → rows that were deleted, anonymised or blanked.")
    hash = models.CharField(max_length=64, help_text="SHA-256 over all the other columns but the id.")
    erased_by_kind = models.CharField(max_length=10)
    erased_by_id = models.CharField(max_length=250)
    erased_by_name = models.CharField(max_length=250)
    erased_at = models.DateTimeField()
    queue_search = models.TextField(
        db_default="",
        blank=True,
        help_text="What is still to be found in Redis, encrypted; empty once it was. No part of the hash.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "profile_id"], name="profiles_receipt_profile_uq"),
            models.CheckConstraint(
                condition=Q(reason__in=ErasureReason.values), name="profiles_receipt_reason_ck"
            ),
            models.CheckConstraint(
                condition=Q(hash__regex=r"^[0-9a-f]{64}$"), name="profiles_receipt_hash_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.profile_id}"


class ErasureCount(TenantModel):
    """What an erasure of somebody would do, counted in the background for whoever looks at the page; or the erasure."""

    class Status(models.TextChoices):
        """How far it is."""

        WAITING = "WAITING", "Being counted"
        DONE = "DONE", "Counted"
        FAILED = "FAILED", "Could not be counted"

    profile_id = models.UUIDField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    counts = models.JSONField(default=dict, help_text="Table → act → rows.")
    people = models.IntegerField(default=1, help_text="Profiles that go together.")
    reason = models.CharField(
        max_length=20,
        choices=ErasureReason.choices,
        db_default="",
        blank=True,
        help_text="Why the person is to be erased; empty: it is only counted.",
    )
    asked_by_user = models.BigIntegerField(null=True, help_text="Who confirmed the erasure.")
    asked_at = models.DateTimeField(db_default=models.functions.Now())
    leased_until = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "profile_id"], name="profiles_erasurecount_person_uq"),
            models.CheckConstraint(
                condition=Q(status__in=["WAITING", "DONE", "FAILED"]), name="profiles_erasurecount_status_ck"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["", *ErasureReason.values]), name="profiles_erasurecount_reason_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.profile_id}"


class SuppressedKey(TenantModel):
    """A keyed hash of an identifier of somebody who was erased: no event may bring them back."""

    key_hash = models.CharField(max_length=64)
    suppressed_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key_hash"], name="profiles_suppressed_key_uq"),
            models.CheckConstraint(
                condition=Q(key_hash__regex=r"^[0-9a-f]{64}$"), name="profiles_suppressed_hash_ck"
            ),
        ]

    def __str__(self) -> str:
        return self.key_hash[:8]


class ProcessingRestriction(TenantModel):
    """The data of this profile, and of whoever it stands together with, is kept and not used.

    Under the profile for which it was asked, so that it follows merges and unmerges by itself.
    """

    profile_id = models.UUIDField(primary_key=True)
    restricted_by_name = models.TextField(db_default="", blank=True)
    restricted_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return str(self.profile_id)
