"""The golden row of one customer."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from profiles.ids import new_profile_id
from profiles.shouted_names import as_written
from profiles.vocabulary import STAGE_LADDER, LifecycleStage, ProfileStatus
from tenants.models import TenantModel

# `created_at` is never before; what says so may use `profiles_profile_asked_idx`.
ANYBODY: Final = datetime(1900, 1, 1, tzinfo=UTC)


class CustomerProfile(TenantModel):
    """One customer of one tenant, as the sources together describe them.

    All but tags and scores is derived: identity fields from the identifiers, person, golf, membership and
    consent from the facts (`profiles.golden_rows.rules`), the figures from the activities. Written only by `profiles`.
    """

    id = models.UUIDField(primary_key=True, default=new_profile_id, editable=False)
    status = models.CharField(max_length=10, choices=ProfileStatus.choices, default=ProfileStatus.ACTIVE)
    merged_into_id = models.UUIDField(
        null=True, help_text="Who stands for it, all standing merges considered."
    )
    identity_id = models.UUIDField(
        null=True, help_text="Who would stand for it if people had merged nobody; empty: itself."
    )
    has_shares = models.BooleanField(
        default=False, db_default=False, help_text="Others were merged into it: see ProfileShare."
    )
    created_at = models.DateTimeField(db_default=models.functions.Now())
    updated_at = models.DateTimeField(db_default=models.functions.Now())
    created_source = models.CharField(max_length=20, default="crm")
    version = models.IntegerField(default=1, help_text="Goes up with each change; the ETag of the API.")

    # Keys, from the identifiers
    auth_user_id = models.TextField(null=True)
    email = models.TextField(null=True)
    phone_number = models.TextField(null=True)
    scl_member_id = models.BigIntegerField(null=True)
    teetime_player_id = models.TextField(null=True)
    messaging_contact_id = models.TextField(null=True)
    external_ids = models.JSONField(default=dict)

    # Person
    first_name = models.TextField(default="")
    last_name = models.TextField(default="")
    display_name = models.TextField(default="")
    date_of_birth = models.DateField(null=True)
    gender = models.TextField(default="")
    postcode = models.TextField(default="", db_default="")
    country = models.TextField(default="")
    language = models.TextField(default="")

    # CRM
    lifecycle_stage = models.CharField(
        max_length=10, choices=LifecycleStage.choices, default=LifecycleStage.SUBSCRIBER
    )
    stage_reached = models.SmallIntegerField(
        default=0, help_text="Highest rank in STAGE_LADDER ever reached."
    )
    tags = ArrayField(models.TextField(), default=list)

    # Scores
    engagement_score = models.SmallIntegerField(null=True)
    engagement_score_at = models.DateTimeField(null=True)
    churn_risk_score = models.SmallIntegerField(null=True)
    churn_risk_score_at = models.DateTimeField(null=True)
    lifetime_value_cents = models.BigIntegerField(default=0)

    # Activity
    last_activity_at = models.DateTimeField(null=True)
    last_activity_type = models.TextField(default="")
    activity_count_30d = models.IntegerField(default=0)
    activity_count_90d = models.IntegerField(default=0)
    booking_count_30d = models.IntegerField(default=0)
    last_booking_at = models.DateTimeField(null=True)
    last_email_open_at = models.DateTimeField(null=True)
    last_email_click_at = models.DateTimeField(null=True)

    # Golf. Tenths, because comparisons of integers are leakproof and those of numeric are not.
    handicap_tenths = models.SmallIntegerField(null=True)
    handicap_updated_at = models.DateTimeField(null=True)
    home_club_id = models.TextField(default="")
    home_club_name = models.TextField(default="")

    # Membership
    membership_tier = models.TextField(default="")
    membership_status = models.TextField(default="")
    member_since = models.DateField(null=True)
    membership_expiry = models.DateField(null=True)

    # Consent: copies of what the Messaging service says; never widened here
    email_opt_in = models.BooleanField(default=False)
    sms_opt_in = models.BooleanField(default=False)
    push_opt_in = models.BooleanField(default=False)
    whatsapp_opt_in = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # What children refer to, so that a child cannot belong to another tenant than its profile.
            models.UniqueConstraint(fields=["tenant", "id"], name="profiles_profile_tenant_uq"),
            models.CheckConstraint(
                condition=Q(status__in=ProfileStatus.values), name="profiles_profile_status_ck"
            ),
            models.CheckConstraint(
                condition=Q(lifecycle_stage__in=LifecycleStage.values), name="profiles_profile_stage_ck"
            ),
            models.CheckConstraint(
                condition=Q(stage_reached__range=(0, len(STAGE_LADDER) - 1)),
                name="profiles_profile_stage_reached_ck",
            ),
            models.CheckConstraint(
                condition=Q(status=ProfileStatus.MERGED, merged_into_id__isnull=False)
                | (~Q(status=ProfileStatus.MERGED) & Q(merged_into_id__isnull=True)),
                name="profiles_profile_merged_ck",
            ),
            models.CheckConstraint(
                condition=Q(engagement_score__isnull=True) | Q(engagement_score__range=(0, 100)),
                name="profiles_profile_engagement_ck",
            ),
            models.CheckConstraint(
                condition=Q(churn_risk_score__isnull=True) | Q(churn_risk_score__range=(0, 100)),
                name="profiles_profile_churn_ck",
            ),
            models.CheckConstraint(
                condition=Q(phone_number__isnull=True) | Q(phone_number__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="profiles_profile_phone_ck",
            ),
            models.CheckConstraint(
                condition=Q(activity_count_30d__gte=0, activity_count_90d__gte=0, booking_count_30d__gte=0),
                name="profiles_profile_counts_ck",
            ),
        ]
        indexes = [
            # The customer list, newest first, with any filter on top.
            models.Index(fields=["tenant", "-created_at", "-id"], name="profiles_profile_newest_idx"),
            # Which profiles were merged into one.
            models.Index(
                fields=["tenant", "merged_into_id"],
                condition=Q(merged_into_id__isnull=False),
                name="profiles_profile_merged_idx",
            ),
            # Whom a rule means: what rules ask for most and events change seldom, so that rows go on changing in place.
            # Few values first, over which the scan skips. Only for statements that say `ANYBODY`, so that who looks
            # for one person takes it for the key: to statistics that do not know a club it looks as good.
            models.Index(
                fields=[
                    "tenant",
                    "email_opt_in",
                    "sms_opt_in",
                    "push_opt_in",
                    "whatsapp_opt_in",
                    "membership_tier",
                    "membership_status",
                    "handicap_tenths",
                    "date_of_birth",
                    "member_since",
                    "membership_expiry",
                ],
                condition=Q(created_at__gte=ANYBODY),
                name="profiles_profile_asked_idx",
            ),
            # Whether anybody agreed to a channel: sixteen ways to agree at most, over which the scan skips.
            models.Index(
                fields=["tenant", "email_opt_in", "sms_opt_in", "push_opt_in", "whatsapp_opt_in"],
                condition=Q(status="ACTIVE"),
                name="profiles_profile_agreed_idx",
            ),
            # `updatedFrom` of the customer list. Every event changes the column: with a tree each change would write
            # all indexes anew, with sums over blocks rows go on changing in place (HOT).
            BrinIndex(
                fields=["updated_at"],
                name="profiles_profile_updated_idx",
                pages_per_range=8,
                autosummarize=True,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What to call the person, as people write it: `told_name`, never shouted (ANDREW WOOD of a form)."""
        full = f"{as_written(self.first_name)} {as_written(self.last_name)}".strip()
        return as_written(self.display_name) or full or self.told_name

    @property
    def told_name(self) -> str:
        """What the API calls displayName: display name, else the full name, else an address; letters as told."""
        full = f"{self.first_name} {self.last_name}".strip()
        return self.display_name or full or self.email or self.phone_number or "Unknown person"

    @property
    def handicap(self) -> Decimal | None:
        """Handicap with one decimal; a plus handicap is negative; None: unknown."""
        return None if self.handicap_tenths is None else Decimal(self.handicap_tenths) / 10
