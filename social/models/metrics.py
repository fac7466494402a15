"""Numbers of published posts, sample by sample."""

from django.db import models
from django.db.models import Q

from social.models.target import Target
from tenants.models import TenantChildModel


class MetricSample(TenantChildModel):
    """What a network said at a moment. A number that it did not say is null, never 0."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="samples", db_constraint=False)
    at = models.DateTimeField()
    version = models.CharField(max_length=10, help_text="Of the network's API.")
    views = models.PositiveIntegerField(null=True)
    reach = models.PositiveIntegerField(null=True)
    likes = models.PositiveIntegerField(null=True)
    comments = models.PositiveIntegerField(null=True)
    shares = models.PositiveIntegerField(null=True)
    clicks = models.PositiveIntegerField(null=True)
    saves = models.PositiveIntegerField(null=True)
    raw = models.JSONField(default=dict, help_text="By the network's own names.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "target", "at"], name="social_sample_moment_uq"),
            models.CheckConstraint(condition=~Q(version=""), name="social_sample_version_ck"),
        ]

    def __str__(self) -> str:
        return f"{self.target_id} at {self.at}"
