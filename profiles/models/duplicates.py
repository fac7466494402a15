"""What the search for duplicates found, with its reasons, and when it last looked."""

from django.db import models
from django.db.models import F, Q

from tenants.models import TenantModel


class DuplicateModel(TenantModel):
    """The parameters that were trained on one tenant's own customers; the newest one counts.

    A tenant too small to train on has none and uses the parameters that come with the program.
    """

    version = models.CharField(max_length=40)
    parameters = models.JSONField(help_text="Of each level of each comparison: m and u probability.")
    trained_on = models.IntegerField(help_text="How many customers there were.")
    trained_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "version"], name="profiles_dupmodel_version_uq"),
            models.CheckConstraint(condition=Q(trained_on__gte=0), name="profiles_dupmodel_trained_ck"),
        ]

    def __str__(self) -> str:
        return self.version


class DuplicateRun(TenantModel):
    """One search. What changed after `looked_until` of the newest finished run is what the next one looks at."""

    class Status(models.TextChoices):
        """How far it came."""

        RUNNING = "RUNNING", "Running"
        DONE = "DONE", "Done"
        FAILED = "FAILED", "Failed"

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    is_full = models.BooleanField(help_text="Every pair was compared, not only those with a changed side.")
    backend = models.CharField(max_length=10)
    model_version = models.CharField(max_length=40, default="")
    started_at = models.DateTimeField(db_default=models.functions.Now())
    finished_at = models.DateTimeField(null=True)
    looked_since = models.DateTimeField(null=True, help_text="Empty: everybody was looked at.")
    looked_until = models.DateTimeField(help_text="Changes up to this moment were seen.")
    figures = models.JSONField(
        default=dict, help_text="Customers, changed ones, pairs compared, found, queued."
    )
    error = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["RUNNING", "DONE", "FAILED"]), name="profiles_duprun_status_ck"
            ),
            # Two at once would find the same and wait for each other.
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(status="RUNNING"), name="profiles_duprun_running_uq"
            ),
        ]
        indexes = [
            # Where the next run starts: the newest one that came to its end.
            models.Index(
                fields=["tenant", "-looked_until"],
                condition=Q(status="DONE"),
                name="profiles_duprun_done_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.started_at:%Y-%m-%d %H:%M}"


class DuplicatePair(TenantModel):
    """Two customers that may be one person, with what speaks for and against it.

    `match_weight` is the base 2 logarithm of the odds, `probability` the same from 0 to 1. `comparisons`: a list of
    {"comparison", "level", "words", "weight"}, the heaviest first; they and the model's prior add up to the weight.
    """

    first_profile_id = models.UUIDField()
    second_profile_id = models.UUIDField()
    match_weight = models.FloatField()
    probability = models.FloatField()
    comparisons = models.JSONField()
    is_certain = models.BooleanField(
        help_text="Nothing speaks against it: it may be merged without a person."
    )
    model_version = models.CharField(max_length=40)
    found_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "first_profile_id", "second_profile_id"], name="profiles_duppair_pair_uq"
            ),
            models.CheckConstraint(
                condition=Q(first_profile_id__lt=F("second_profile_id")), name="profiles_duppair_order_ck"
            ),
            models.CheckConstraint(
                condition=Q(probability__range=(0, 1)), name="profiles_duppair_probability_ck"
            ),
        ]
        indexes = [
            # The second half of "which pairs concern this profile"; the pair's constraint serves the first.
            models.Index(fields=["tenant", "second_profile_id"], name="profiles_duppair_second_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.first_profile_id} / {self.second_profile_id}"
