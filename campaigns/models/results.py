"""What a campaign brought: counts, links, conversions. Written by consumers of the log, set-based."""

from django.db import models
from django.db.models import Q

from campaigns.models.campaign import Campaign, Goal
from tenants.models import TenantChildModel


class CampaignCount(TenantChildModel):
    """The counters of one occurrence, variant and channel: messages, each counted once under each heading."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="counts"
    )
    occurrence = models.CharField(max_length=80)
    variant = models.CharField(max_length=40, db_default="", blank=True)
    channel = models.CharField(max_length=10, db_default="", blank=True)
    handed_over = models.IntegerField(db_default=0)
    delivered = models.IntegerField(db_default=0)
    bounced = models.IntegerField(db_default=0)
    failed = models.IntegerField(db_default=0)
    opened = models.IntegerField(db_default=0, help_text="By people.")
    machine_opened = models.IntegerField(db_default=0)
    clicked = models.IntegerField(db_default=0)
    unsubscribed = models.IntegerField(db_default=0)
    complained = models.IntegerField(db_default=0)
    replied = models.IntegerField(db_default=0)
    converted = models.IntegerField(db_default=0)
    revenue_cents = models.BigIntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "campaign", "occurrence", "variant", "channel"],
                name="campaigns_count_cell_uq",
            ),
            models.CheckConstraint(
                condition=Q(
                    handed_over__gte=0, delivered__gte=0, opened__gte=0, clicked__gte=0, converted__gte=0
                ),
                name="campaigns_count_positive_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.occurrence} {self.variant} {self.channel}"


class CampaignRecount(TenantChildModel):
    """An occurrence of whose messages something was heard since its counters were last made from the ledger."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    occurrence = models.CharField(max_length=80)
    noted_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "campaign", "occurrence"], name="campaigns_recount_once_uq"
            ),
        ]
        indexes = [
            # What to count next, over all tenants.
            models.Index(fields=["noted_at"], name="campaigns_recount_due_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.occurrence}"


class CampaignLink(TenantChildModel):
    """How often one address was followed, by people and by machines."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="links"
    )
    occurrence = models.CharField(max_length=80)
    variant = models.CharField(max_length=40, db_default="", blank=True)
    url = models.CharField(max_length=1000)
    clicks = models.IntegerField(db_default=0)
    machine_clicks = models.IntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "campaign", "occurrence", "variant", "url"], name="campaigns_link_cell_uq"
            ),
            models.CheckConstraint(
                condition=Q(clicks__gte=0, machine_clicks__gte=0), name="campaigns_link_positive_ck"
            ),
        ]

    def __str__(self) -> str:
        return self.url


class CampaignConversion(TenantChildModel):
    """Something that a person did and that is put down to the last message that reached them before (last touch).

    Of those held out `is_held_out`: they got nothing, and what they did anyway is what the lift compares with.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="conversions"
    )
    occurrence = models.CharField(max_length=80)
    variant = models.CharField(max_length=40, db_default="", blank=True)
    channel = models.CharField(max_length=10, db_default="", blank=True)
    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    activity_id = models.BigIntegerField()
    goal = models.CharField(max_length=10, choices=Goal.choices)
    amount_cents = models.BigIntegerField(db_default=0)
    at = models.DateTimeField()
    is_held_out = models.BooleanField(db_default=False)

    class Meta:
        constraints = [
            # One act is put down to one message; to a hold-out besides, once for each campaign.
            models.UniqueConstraint(
                fields=["tenant", "activity_id"],
                condition=Q(is_held_out=False),
                name="campaigns_conversion_act_uq",
            ),
            models.UniqueConstraint(
                fields=["tenant", "campaign", "activity_id"], name="campaigns_conversion_campaign_uq"
            ),
            models.CheckConstraint(condition=Q(goal__in=Goal.values), name="campaigns_conversion_goal_ck"),
        ]
        indexes = [
            # The report of one campaign.
            models.Index(
                fields=["tenant", "campaign", "occurrence", "at"], name="campaigns_conversion_of_idx"
            ),
            # Merges and erasure.
            models.Index(fields=["tenant", "profile_id"], name="campaigns_conversion_who_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.goal} by {self.profile_id}"
