"""Posts: what is said, where, when; and the slots of an account's queue."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from social.models.connection import Connection, Network
from social.models.media import Media
from tenants.models import TenantChildModel, TenantModel


class PostStatus(models.TextChoices):
    """Where a post stands as a whole."""

    DRAFT = "DRAFT", "Draft"
    IN_REVIEW = "IN_REVIEW", "Waits for approval"
    SCHEDULED = "SCHEDULED", "Scheduled"
    PUBLISHING = "PUBLISHING", "Going out"
    PUBLISHED = "PUBLISHED", "Published"
    FAILED = "FAILED", "Failed"
    UNKNOWN = "UNKNOWN", "Being checked"
    CANCELLED = "CANCELLED", "Cancelled"


EDITABLE: Final = frozenset({PostStatus.DRAFT, PostStatus.IN_REVIEW})
# From → to, by acts of staff; between SCHEDULED, PUBLISHING and the ends the targets decide.
POST_MOVES: Final = {
    PostStatus.DRAFT: frozenset({PostStatus.IN_REVIEW, PostStatus.SCHEDULED, PostStatus.CANCELLED}),
    PostStatus.IN_REVIEW: frozenset({PostStatus.DRAFT, PostStatus.SCHEDULED, PostStatus.CANCELLED}),
    PostStatus.SCHEDULED: frozenset({PostStatus.DRAFT, PostStatus.PUBLISHING, PostStatus.CANCELLED}),
    PostStatus.PUBLISHING: frozenset({PostStatus.PUBLISHED, PostStatus.FAILED, PostStatus.UNKNOWN}),
    PostStatus.UNKNOWN: frozenset({PostStatus.PUBLISHED, PostStatus.FAILED}),
    PostStatus.FAILED: frozenset({PostStatus.SCHEDULED}),
    PostStatus.PUBLISHED: frozenset(),
    PostStatus.CANCELLED: frozenset(),
}


class Post(TenantModel):
    """One thing to say. `late_after_minutes`: later than this after an outage, a human is asked first.

    `repeats` (a cron expression on the club's clock) makes the next post of a series when this one goes out.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text = models.TextField(blank=True)
    link = models.TextField(blank=True)
    utm_campaign = models.CharField(max_length=100, blank=True)
    first_comment = models.TextField(blank=True)
    status = models.CharField(max_length=12, choices=PostStatus.choices, default=PostStatus.DRAFT)
    scheduled_at = models.DateTimeField(null=True)
    late_after_minutes = models.PositiveIntegerField(default=60)
    is_evergreen = models.BooleanField(default=False)
    repeats = models.CharField(max_length=60, blank=True)
    repeats_until = models.DateTimeField(null=True)
    series_id = models.UUIDField(null=True)
    promotion_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    is_duplicate_allowed = models.BooleanField(default=False)
    review_note = models.TextField(blank=True)
    approved_by_name = models.CharField(max_length=250, blank=True)
    created_by_id = models.CharField(max_length=250, blank=True)
    created_by_name = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="social_post_tenant_uq"),
            models.CheckConstraint(condition=Q(status__in=PostStatus.values), name="social_post_status_ck"),
            models.CheckConstraint(
                condition=Q(status__in=["DRAFT", "IN_REVIEW", "CANCELLED"]) | Q(scheduled_at__isnull=False),
                name="social_post_time_ck",
            ),
            models.CheckConstraint(
                condition=Q(repeats="") | Q(repeats_until__isnull=False), name="social_post_series_ends_ck"
            ),
            # A post of a series exists once for each of its times, however many workers make it.
            models.UniqueConstraint(
                fields=["tenant", "series_id", "scheduled_at"],
                condition=Q(series_id__isnull=False),
                name="social_post_series_uq",
            ),
        ]
        indexes = [
            # The calendar, and the list by time.
            models.Index(fields=["tenant", "scheduled_at"], name="social_post_calendar_idx"),
            # The list, newest first.
            models.Index(fields=["tenant", "-created_at"], name="social_post_newest_idx"),
            # The posts of a promotion's plan.
            models.Index(
                fields=["tenant", "promotion_id"],
                condition=Q(promotion_id__isnull=False),
                name="social_post_promotion_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60] or f"Post {self.pk}"


class PostVariant(TenantChildModel):
    """Other words for one network."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="variants", db_constraint=False)
    network = models.CharField(max_length=10, choices=Network.choices)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "post", "network"], name="social_variant_network_uq"),
            models.CheckConstraint(condition=Q(network__in=Network.values), name="social_variant_network_ck"),
        ]

    def __str__(self) -> str:
        return f"{self.network}: {self.text[:40]}"


class PostMedia(TenantChildModel):
    """A picture or video of a post, at its place."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="media", db_constraint=False)
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="uses", db_constraint=False)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "post", "position"], name="social_postmedia_position_uq"
            ),
        ]
        indexes = [
            # Whether a file of the library is in use.
            models.Index(fields=["tenant", "media"], name="social_postmedia_media_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.media_id}"


class QueueSlot(TenantChildModel):
    """A time of the week at which an account publishes from its queue, on the club's clock."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="slots", db_constraint=False
    )
    weekday = models.PositiveSmallIntegerField(help_text="0 is Monday.")
    minute_of_day = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "weekday", "minute_of_day"], name="social_slot_time_uq"
            ),
            models.CheckConstraint(
                condition=Q(weekday__lte=6, minute_of_day__lt=1440), name="social_slot_time_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.minute_of_day // 60:02d}:{self.minute_of_day % 60:02d}"
