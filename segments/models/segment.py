"""A named group of customers and what makes somebody one of them."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from segments.rules import Rule, parse
from tenants.models import TenantModel


class SegmentType(models.TextChoices):
    """Where the members come from."""

    DYNAMIC = "DYNAMIC", "By a rule"
    STATIC = "STATIC", "A fixed list"
    SMART = "SMART", "By a model's output"
    IMPORT = "IMPORT", "From an import"


# Kept by a rule; the others by hand.
RULED = (SegmentType.DYNAMIC, SegmentType.SMART)
LISTED = tuple(each for each in SegmentType if each not in RULED)


class Frequency(models.TextChoices):
    """How often a segment is compared with everybody, besides what the log says."""

    MANUAL = "MANUAL", "Only when asked for"
    HOURLY = "HOURLY", "Every hour"
    DAILY = "DAILY", "Every day"


class Segment(TenantModel):
    """A segment; `criteria` is the canonical rule tree, and `version` goes up with each change of it.

    `refreshed_version` is the version of which everybody was last compared with the rule: below `version` the members
    are still those of an older rule. Deleted ones stay, so that history can be read; their name is free again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    club_id = models.TextField(db_default="", blank=True)
    name = models.CharField(max_length=120)
    description = models.TextField(db_default="", blank=True)
    type = models.CharField(max_length=10, choices=SegmentType.choices, default=SegmentType.DYNAMIC)
    criteria = models.JSONField(null=True)
    version = models.IntegerField(default=1)
    refreshed_version = models.IntegerField(db_default=0)
    refresh_frequency = models.CharField(max_length=10, choices=Frequency.choices, default=Frequency.DAILY)
    last_refreshed_at = models.DateTimeField(null=True)
    member_count = models.IntegerField(db_default=0)
    member_sum = models.BigIntegerField(db_default=0, help_text="Exclusive or of the members' hashes.")
    compared_xid = models.BigIntegerField(
        null=True, help_text="No transaction before this one was running when everybody was last compared."
    )
    compared_at = models.DateTimeField(
        null=True, help_text="When everybody was last compared with the members themselves."
    )
    is_active = models.BooleanField(default=True)
    is_system = models.BooleanField(default=False, help_text="Came with the product.")
    template = models.CharField(max_length=40, db_default="", blank=True)
    refresh_error = models.TextField(db_default="", blank=True)
    messaging_segment_id = models.TextField(null=True)
    last_synced_at = models.DateTimeField(null=True)
    sync_error = models.TextField(db_default="", blank=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    updated_at = models.DateTimeField(db_default=models.functions.Now())
    created_by = models.ForeignKey("tenants.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_by_name = models.TextField(db_default="", blank=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # What children refer to, so that a member cannot belong to another tenant than its segment.
            models.UniqueConstraint(fields=["tenant", "id"], name="segments_segment_tenant_uq"),
            models.UniqueConstraint(
                "tenant",
                Lower("name"),
                condition=Q(deleted_at__isnull=True),
                name="segments_segment_name_uq",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="segments_segment_name_ck"),
            models.CheckConstraint(condition=Q(type__in=SegmentType.values), name="segments_segment_type_ck"),
            models.CheckConstraint(
                condition=Q(refresh_frequency__in=Frequency.values), name="segments_segment_frequency_ck"
            ),
            # A rule where the type goes by one, and only there.
            models.CheckConstraint(
                condition=Q(type__in=RULED, criteria__isnull=False)
                | Q(type__in=LISTED, criteria__isnull=True),
                name="segments_segment_rule_ck",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1, refreshed_version__gte=0, member_count__gte=0),
                name="segments_segment_counts_ck",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_rule(self) -> bool:
        """Whether a rule decides, not a list."""
        return self.type in RULED

    @property
    def rule(self) -> Rule:
        """The parsed rule; a segment without one has no members by rule, which is a mistake of the caller."""
        return rule_of(self.pk, self.version, self.criteria)

    @property
    def is_stale(self) -> bool:
        """Whether the members are still those of an older rule."""
        return self.has_rule and self.refreshed_version < self.version


_rules: dict[tuple[uuid.UUID, int], Rule] = {}
MOST_KEPT = 10_000


def rule_if_known(segment_id: uuid.UUID, version: int) -> Rule | None:
    """The parsed rule of a version that this process has read before."""
    return _rules.get((segment_id, version))


def rule_of(segment_id: uuid.UUID, version: int, criteria: Any) -> Rule:
    """The parsed rule of a version, which never changes and is kept for the life of the process."""
    key = (segment_id, version)
    rule = _rules.get(key)
    if rule is None:
        if len(_rules) >= MOST_KEPT:
            _rules.clear()
        rule = _rules[key] = parse(criteria)
    return rule
