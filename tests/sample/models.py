"""Tables of lost property."""

from django.db import models

from tenants.models import TenantModel


class LostItem(TenantModel):
    """Something that a customer left behind; `origin_profile_id` is who it was entered for."""

    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    description = models.TextField()
    found_at = models.DateTimeField(db_default=models.functions.Now())
    given_away_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(description=""), name="sample_lostitem_description_ck"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "profile_id"], name="sample_lostitem_person_idx")]

    def __str__(self) -> str:
        return self.description


class LastSeen(TenantModel):
    """When a customer last did something: worked out from the timeline."""

    profile_id = models.UUIDField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "profile_id"], name="sample_lastseen_person_uq"),
        ]

    def __str__(self) -> str:
        return str(self.profile_id)
