"""What the scores are, why, what they were, and by which rules; which stages a customer went through."""

from django.db import models
from django.db.models import Q

from profiles.vocabulary import LifecycleStage
from tenants.models import TenantChildModel, TenantModel


class ScoringRules(TenantModel):
    """One version of a club's own bands, weights and levels (`profiles.scoring.rules`); the newest one counts.

    Never changed: what was scored by an older version can still be explained. A club without any uses version 0,
    the rules that come with the program.
    """

    version = models.IntegerField()
    rules = models.JSONField()
    made_by_name = models.TextField(db_default="", blank=True)
    made_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "version"], name="profiles_scorules_version_uq"),
            models.CheckConstraint(condition=Q(version__gte=1), name="profiles_scorules_version_ck"),
        ]

    def __str__(self) -> str:
        return f"version {self.version}"


class ProfileScore(TenantChildModel):
    """The present scores of a customer with their components and the figures they were computed from.

    The golden row holds the two numbers; here is why. No row for merged and deleted profiles.
    """

    profile_id = models.UUIDField(primary_key=True)
    engagement = models.SmallIntegerField()
    churn_risk = models.SmallIntegerField()
    components = models.JSONField(help_text="0 to 100 for engagement, severities 0 to 1 for churn.")
    inputs = models.JSONField(
        help_text="Figures that stay true while nothing happens: moments, not days ago."
    )
    lifecycle_stage = models.CharField(max_length=10)
    value_at_risk_cents = models.BigIntegerField(help_text="Lifetime value times churn risk.")
    rules_version = models.IntegerField()
    scored_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(engagement__range=(0, 100)), name="profiles_score_engagement_ck"
            ),
            models.CheckConstraint(condition=Q(churn_risk__range=(0, 100)), name="profiles_score_churn_ck"),
        ]
        indexes = [
            # The list of those who slip away, the most value at risk first; few rows, so that scoring stays cheap.
            models.Index(
                fields=["tenant", "-value_at_risk_cents", "profile_id"],
                condition=Q(churn_risk__gte=40),
                name="profiles_score_risk_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engagement} / {self.churn_risk}"


class ScoreHistory(TenantChildModel):
    """What the scores became on a day on which one of them changed; the last word of the day on the club's clock."""

    profile_id = models.UUIDField()
    day = models.DateField()
    engagement = models.SmallIntegerField()
    churn_risk = models.SmallIntegerField()
    components = models.JSONField()
    inputs = models.JSONField()
    rules_version = models.IntegerField()

    class Meta:
        constraints = [
            # Also the index of a person's line over twelve months.
            models.UniqueConstraint(
                fields=["tenant", "profile_id", "day"], name="profiles_scohistory_day_uq"
            ),
            models.CheckConstraint(
                condition=Q(engagement__range=(0, 100), churn_risk__range=(0, 100)),
                name="profiles_scohistory_range_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.engagement} / {self.churn_risk}"


class StageChange(TenantChildModel):
    """A step of a customer on the ladder of stages; the first one has no stage before it."""

    profile_id = models.UUIDField()
    stage_before = models.CharField(max_length=10, null=True)
    stage_after = models.CharField(max_length=10, choices=LifecycleStage.choices)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stage_after__in=LifecycleStage.values), name="profiles_stagechange_stage_ck"
            ),
        ]
        indexes = [
            # A person's way, newest first.
            models.Index(fields=["tenant", "profile_id", "-changed_at"], name="profiles_stagechange_way_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.stage_before} to {self.stage_after}"


class ScoreRun(TenantModel):
    """A scoring of all customers of a club; resumed where it stopped, repeated each day and after new rules."""

    class Status(models.TextChoices):
        """How far it came."""

        RUNNING = "RUNNING", "Running"
        DONE = "DONE", "Done"
        FAILED = "FAILED", "Failed"

    day = models.DateField(help_text="On the club's clock.")
    rules_version = models.IntegerField()
    tier_order = models.JSONField(help_text="Of the club, since it decides what a downgrade is.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    changed = models.IntegerField(
        default=0, help_text="Customers whose scores or figures were not right any more."
    )
    is_history_backfilled = models.BooleanField(
        db_default=False, help_text="Who had no past then has got one from their timeline."
    )
    done_until = models.UUIDField(null=True, help_text="Everybody up to this id has been scored.")
    started_at = models.DateTimeField(db_default=models.functions.Now())
    leased_until = models.DateTimeField(null=True, help_text="A worker is at it until then, or died.")
    attempts = models.SmallIntegerField(db_default=0, help_text="Workers that began since the last progress.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["RUNNING", "DONE", "FAILED"]), name="profiles_scorun_status_ck"
            ),
            # Two at once would do the same work twice.
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(status="RUNNING"), name="profiles_scorun_running_uq"
            ),
        ]
        indexes = [
            # Whether today's has been done.
            models.Index(fields=["tenant", "-id"], name="profiles_scorun_newest_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.day}"


class ScoreDue(TenantChildModel):
    """Somebody who was touched and waits to be scored; one row however often."""

    profile_id = models.UUIDField(primary_key=True)

    class Meta:
        indexes = [
            # Who waits in one club.
            models.Index(fields=["tenant", "profile_id"], name="profiles_scoredue_tenant_idx"),
        ]

    def __str__(self) -> str:
        return str(self.profile_id)
