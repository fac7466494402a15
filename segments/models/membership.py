"""Who is in a segment, and who came and went."""

from django.db import models
from django.db.models import Q

from tenants.models import TenantChildModel


class Cause(models.TextChoices):
    """Why somebody joined or left."""

    CHANGE = "CHANGE", "Something about the person changed"
    TIME = "TIME", "Time passed"
    REFRESH = "REFRESH", "Everybody was compared with the rule"
    MERGE = "MERGE", "Two customers were merged"
    UNMERGE = "UNMERGE", "A merge was taken back"
    MANUAL = "MANUAL", "By hand"
    IMPORT = "IMPORT", "By an import"


class SegmentMember(TenantChildModel):
    """Somebody is in a segment.

    `origin_profile_id` is who was put on a list, for an unmerge; members by rule are their own.
    """

    pk = models.CompositePrimaryKey("segment_id", "profile_id")
    segment_id = models.UUIDField()
    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    joined_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        indexes = [
            # In which segments is this person.
            models.Index(fields=["tenant", "profile_id"], name="segments_member_profile_idx"),
            # On which lists did this person stand before any merge.
            models.Index(
                fields=["tenant", "origin_profile_id"],
                condition=~Q(origin_profile_id=models.F("profile_id")),
                name="segments_member_origin_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id} in {self.segment_id}"


class SegmentTransition(TenantChildModel):
    """Somebody joined or left a segment; never changed. `rule` is the leaf that flipped, as far as it is known."""

    segment_id = models.UUIDField()
    profile_id = models.UUIDField()
    is_join = models.BooleanField()
    cause = models.CharField(max_length=10, choices=Cause.choices)
    rule = models.JSONField(null=True)
    version = models.IntegerField(help_text="Of the segment's rule.")
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cause__in=Cause.values), name="segments_transition_cause_ck"),
        ]
        indexes = [
            # The growth curve, the latest joins and leaves, membership as of a date.
            models.Index(fields=["tenant", "segment_id", "-at"], name="segments_transition_latest_idx"),
            # A person's way through segments.
            models.Index(fields=["tenant", "profile_id", "-at"], name="segments_transition_person_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id} {'joined' if self.is_join else 'left'} {self.segment_id}"
