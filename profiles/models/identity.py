"""What resolves to a profile, what was merged, and what staff should look at."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from events.identity_hints import IdentityKind
from profiles.vocabulary import CRM_RECORD
from tenants.models import TenantChildModel, TenantModel

KINDS = [*(kind.value for kind in IdentityKind), CRM_RECORD]
KIND_CHOICES = [(kind, kind) for kind in KINDS]


class Identifier(TenantChildModel):
    """A key that leads to a profile.

    `profile_id` is whose it is now, `origin_profile_id` the profile it was born with: an unmerge gives it back.
    Evidence: `confidence` (0–100), `source` and `event_id` of the event that brought it.
    """

    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    kind = models.CharField(max_length=20, choices=KIND_CHOICES)
    value = models.TextField()
    confidence = models.SmallIntegerField()
    source = models.CharField(max_length=20)
    event_id = models.CharField(max_length=200)
    is_shared = models.BooleanField(
        default=False, help_text="Several people have it, so it identifies none of them."
    )
    linked_at = models.DateTimeField(null=True, help_text="When the owning service last confirmed it.")
    unlinked_at = models.DateTimeField(null=True, help_text="When the owning service last deleted it.")
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            # Identity itself: a key leads to one person, unless it is known to be shared.
            models.UniqueConstraint(
                fields=["tenant", "kind", "value"],
                condition=Q(is_shared=False),
                name="profiles_identifier_key_uq",
            ),
            # A person has a key once; after a merge the survivor may have it from two sides.
            models.UniqueConstraint(
                fields=["tenant", "kind", "value", "origin_profile_id"], name="profiles_identifier_holder_uq"
            ),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="profiles_identifier_kind_ck"),
            models.CheckConstraint(condition=~Q(value=""), name="profiles_identifier_value_ck"),
            models.CheckConstraint(
                condition=Q(confidence__range=(0, 100)), name="profiles_identifier_confidence_ck"
            ),
        ]
        indexes = [
            # The 360 page, merges: everything that leads to a profile.
            models.Index(fields=["tenant", "profile_id"], name="profiles_key_profile_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"

    @property
    def is_active(self) -> bool:
        """Whether the owning service still knows it."""
        return self.unlinked_at is None or (self.linked_at is not None and self.linked_at > self.unlinked_at)


class ProfileMerge(TenantModel):
    """A merge: the loser's rows went to the winner; kept so that it can be undone."""

    class Kind(models.TextChoices):
        """Who decided."""

        AUTOMATIC = "AUTOMATIC", "By the rules of identity"
        PERSON = "PERSON", "By a person"

    winner_id = models.UUIDField()
    loser_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices, db_default=Kind.AUTOMATIC)
    evidence = models.JSONField(default=dict)
    reason = models.TextField(db_default="", blank=True)
    merged_by = models.ForeignKey("tenants.User", null=True, on_delete=models.SET_NULL, related_name="+")
    merged_by_name = models.TextField(db_default="", blank=True)
    merged_at = models.DateTimeField(db_default=models.functions.Now())
    unmerged_by = models.ForeignKey("tenants.User", null=True, on_delete=models.SET_NULL, related_name="+")
    unmerged_by_name = models.TextField(db_default="", blank=True)
    unmerged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # The rules and a person may both have joined it to others: two layers, each of them a tree.
            models.UniqueConstraint(
                fields=["tenant", "loser_id", "kind"],
                condition=Q(unmerged_at__isnull=True),
                name="profiles_merge_loser_uq",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["AUTOMATIC", "PERSON"]), name="profiles_merge_kind_ck"
            ),
            models.CheckConstraint(condition=~Q(winner_id=F("loser_id")), name="profiles_merge_two_ck"),
        ]
        indexes = [
            # What was merged into a profile.
            models.Index(fields=["tenant", "winner_id"], name="profiles_merge_winner_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.loser_id} into {self.winner_id}"


class ProfileShare(TenantModel):
    """What one side of a merged customer brings to the figures; a row for each side, as long as they are merged."""

    profile_id = models.UUIDField(primary_key=True)
    lifetime_value_cents = models.BigIntegerField()
    stage_reached = models.SmallIntegerField()
    tags = ArrayField(models.TextField())
    created_at = models.DateTimeField()
    last_activity_at = models.DateTimeField(null=True)
    last_activity_type = models.TextField()
    last_booking_at = models.DateTimeField(null=True)
    last_email_open_at = models.DateTimeField(null=True)
    last_email_click_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.profile_id)


class CannotLink(TenantModel):
    """A cannot-link pair: two keys (`kind:value`) whose holders the rules must never join, by a decision of staff."""

    first_key = models.TextField()
    second_key = models.TextField()
    decided_by_name = models.TextField(db_default="")
    decided_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "first_key", "second_key"], name="profiles_cannotlink_pair_uq"
            ),
            models.CheckConstraint(
                condition=Q(first_key__lt=F("second_key")), name="profiles_cannotlink_order_ck"
            ),
        ]
        indexes = [
            # The second half of "whom must this person never be taken for"; the pair's constraint serves the first.
            models.Index(fields=["tenant", "second_key"], name="profiles_cannotlink_second_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.first_key} / {self.second_key}"


class ReviewCandidate(TenantModel):
    """Two profiles that may be one person, or a key that two people claim: staff decide."""

    class Reason(models.TextChoices):
        """Why the pair is here."""

        SHARED_KEY = "SHARED_KEY", "Same e-mail or phone, but the rest disagrees or is missing"
        CAP_EXCEEDED = "CAP_EXCEEDED", "Would have two ids of one service"
        DUPLICATE = "DUPLICATE", "Found by the search for duplicates"

    class Status(models.TextChoices):
        """What was decided."""

        OPEN = "OPEN", "To be reviewed"
        MERGED = "MERGED", "Merged"
        KEPT_APART = "KEPT_APART", "Kept apart"
        HOUSEHOLD = "HOUSEHOLD", "Same household, kept apart"
        SKIPPED = "SKIPPED", "Skipped"

    first_profile_id = models.UUIDField()
    second_profile_id = models.UUIDField()
    reason = models.CharField(max_length=20, choices=Reason.choices)
    evidence = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.TextField(db_default="", blank=True)
    merge_id = models.BigIntegerField(null=True, help_text="The merge by which it was decided.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "first_profile_id", "second_profile_id"], name="profiles_candidate_pair_uq"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["OPEN", "MERGED", "KEPT_APART", "HOUSEHOLD", "SKIPPED"]),
                name="profiles_candidate_status_ck",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["SHARED_KEY", "CAP_EXCEEDED", "DUPLICATE"]),
                name="profiles_candidate_reason_ck",
            ),
            models.CheckConstraint(
                condition=Q(first_profile_id__lt=F("second_profile_id")), name="profiles_candidate_order_ck"
            ),
        ]
        indexes = [
            # The second half of "which candidates concern this profile"; the pair's constraint serves the first.
            models.Index(fields=["tenant", "second_profile_id"], name="profiles_candidate_second_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.first_profile_id} / {self.second_profile_id}"


class Household(TenantModel):
    """People of one roof, as staff say; who merely shares an address is found by the address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.TextField(db_default="", blank=True)
    formed_by_name = models.TextField(db_default="", blank=True)
    formed_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            # What members refer to, so that a member cannot belong to another tenant than its household.
            models.UniqueConstraint(fields=["tenant", "id"], name="profiles_household_tenant_uq"),
        ]

    def __str__(self) -> str:
        return self.name or "Household"


class HouseholdRole(models.TextChoices):
    """What somebody is in a household, as far as the club has to know."""

    GUARDIAN = "GUARDIAN", "Parent or guardian"
    CHILD = "CHILD", "Child"


class HouseholdMember(TenantModel):
    """One profile of a household; it stays its own when the profile is merged, so that an unmerge finds it.

    `is_payer`: whoever the club turns to about the household's fees; one at most, and no child.
    """

    household_id = models.UUIDField()
    profile_id = models.UUIDField()
    role = models.CharField(
        max_length=10, choices=HouseholdRole.choices, db_default="", default="", blank=True
    )
    is_payer = models.BooleanField(db_default=False, default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "profile_id"], name="profiles_member_profile_uq"),
            models.UniqueConstraint(
                fields=["tenant", "household_id"], condition=Q(is_payer=True), name="profiles_member_payer_uq"
            ),
            models.CheckConstraint(
                condition=Q(role__in=["", *HouseholdRole.values]), name="profiles_member_role_ck"
            ),
            models.CheckConstraint(
                condition=~Q(role="CHILD") | Q(is_payer=False), name="profiles_member_child_ck"
            ),
        ]
        indexes = [
            # Everybody of a household.
            models.Index(fields=["tenant", "household_id"], name="profiles_member_household_idx"),
        ]

    def __str__(self) -> str:
        return str(self.profile_id)
