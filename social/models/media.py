"""The media library."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.models import TenantModel


class MediaKind(models.TextChoices):
    """What a file is."""

    IMAGE = "IMAGE", "Picture"
    VIDEO = "VIDEO", "Video"


class Media(TenantModel):
    """One picture or video, made fit for networks; `storage_key` is where the bytes lie."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=5, choices=MediaKind.choices)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40)
    storage_key = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    duration_ms = models.PositiveIntegerField(null=True)
    details = models.JSONField(default=dict, help_text="What the probe of a video found.")
    alt_text = models.CharField(max_length=1000, blank=True)
    created_by_name = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="social_media_tenant_uq"),
            models.UniqueConstraint(fields=["tenant", "sha256"], name="social_media_content_uq"),
            models.CheckConstraint(condition=Q(kind__in=MediaKind.values), name="social_media_kind_ck"),
            models.CheckConstraint(
                condition=Q(size__gt=0, width__gt=0, height__gt=0), name="social_media_extent_ck"
            ),
            models.CheckConstraint(
                condition=Q(kind="IMAGE", duration_ms=None) | Q(kind="VIDEO", duration_ms__gt=0),
                name="social_media_duration_ck",
            ),
        ]
        indexes = [
            # The library, newest first.
            models.Index(fields=["tenant", "-created_at"], name="social_media_newest_idx"),
        ]

    def __str__(self) -> str:
        return self.name
