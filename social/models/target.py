"""A post on one account: its own state, its steps, and every call that could have made it public."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from social.models.connection import Connection
from social.models.post import Post
from tenants.models import TenantChildModel


class TargetStatus(models.TextChoices):
    """planned = WAITING + HELD + PUBLISHING + PUBLISHED + FAILED + UNKNOWN + CANCELLED, always.

    DRAFT: nobody has planned it yet, and no worker may take it.
    """

    DRAFT = "DRAFT", "Draft"
    WAITING = "WAITING", "Waiting"
    HELD = "HELD", "Late: asks you"
    PUBLISHING = "PUBLISHING", "Going out"
    PUBLISHED = "PUBLISHED", "Published"
    FAILED = "FAILED", "Failed"
    UNKNOWN = "UNKNOWN", "Being checked"
    CANCELLED = "CANCELLED", "Cancelled"


TARGET_MOVES: Final = {
    TargetStatus.DRAFT: frozenset({TargetStatus.WAITING, TargetStatus.CANCELLED}),
    TargetStatus.WAITING: frozenset({TargetStatus.DRAFT, TargetStatus.PUBLISHING, TargetStatus.CANCELLED}),
    TargetStatus.HELD: frozenset({TargetStatus.DRAFT, TargetStatus.WAITING, TargetStatus.CANCELLED}),
    # CANCELLED: where its plan was stopped while a worker held it, and nothing is out. HELD: the first worker that
    # came to it came too late.
    TargetStatus.PUBLISHING: frozenset(
        {
            TargetStatus.WAITING,
            TargetStatus.PUBLISHED,
            TargetStatus.FAILED,
            TargetStatus.UNKNOWN,
            TargetStatus.CANCELLED,
            TargetStatus.HELD,
        }
    ),
    # WAITING: where the network vouches that nothing is out, and the same handle may be committed again.
    TargetStatus.UNKNOWN: frozenset({TargetStatus.PUBLISHED, TargetStatus.FAILED, TargetStatus.WAITING}),
    TargetStatus.FAILED: frozenset({TargetStatus.WAITING}),
    TargetStatus.PUBLISHED: frozenset(),
    TargetStatus.CANCELLED: frozenset(),
}
ENDED: Final = frozenset({TargetStatus.PUBLISHED, TargetStatus.FAILED, TargetStatus.CANCELLED})


class Target(TenantChildModel):
    """`due_at`: when it is published, or looked at again while UNKNOWN. `lease`: who works on it, until when.

    `lost_workers`: so many in a row died at it. `seen`: what was found on the network where more than one post could be
    ours. `comment_due_at`: when the first comment is written, or looked for, unless the worker that published gets to
    it; null: none is wanted or left. `comment_tries`: so often a worker took it and did not come back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="targets", db_constraint=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="targets", db_constraint=False
    )
    status = models.CharField(max_length=10, choices=TargetStatus.choices, default=TargetStatus.DRAFT)
    planned_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    lost_workers = models.PositiveSmallIntegerField(default=0)
    looks = models.PositiveSmallIntegerField(default=0)
    asks_human = models.BooleanField(default=False)
    seen = models.JSONField(default=list)
    network_post_id = models.CharField(max_length=100, null=True)
    permalink = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True)
    problem_code = models.CharField(max_length=40, blank=True)
    problem_text = models.TextField(blank=True)
    comment_id = models.CharField(max_length=100, blank=True)
    said = models.TextField(blank=True, help_text="The words as they went out, tokens filled in.")
    shown = models.TextField(blank=True, help_text="What the network shows, where somebody changed it there.")
    comment_due_at = models.DateTimeField(null=True)
    comment_tries = models.PositiveSmallIntegerField(default=0)
    metrics_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="social_target_tenant_uq"),
            models.UniqueConstraint(
                fields=["tenant", "post", "connection"], name="social_target_connection_uq"
            ),
            # A post on the network belongs to one of ours at most.
            models.UniqueConstraint(
                fields=["tenant", "connection", "network_post_id"],
                condition=Q(network_post_id__isnull=False),
                name="social_target_bound_uq",
            ),
            models.CheckConstraint(
                condition=Q(status__in=TargetStatus.values), name="social_target_status_ck"
            ),
            models.CheckConstraint(
                condition=~Q(status="PUBLISHED")
                | Q(network_post_id__isnull=False, published_at__isnull=False),
                name="social_target_published_ck",
            ),
            models.CheckConstraint(
                condition=~Q(status="FAILED") | ~Q(problem=""), name="social_target_reason_ck"
            ),
            models.CheckConstraint(
                condition=Q(status="PUBLISHING") | Q(status="UNKNOWN") | Q(lease=None),
                name="social_target_lease_ck",
            ),
        ]
        indexes = [
            # Whether anything is due, and what is late.
            models.Index(
                fields=["due_at", "tenant"],
                condition=Q(status__in=["WAITING", "PUBLISHING", "UNKNOWN"]),
                name="social_target_due_idx",
            ),
            # The claim: the next of each account, whatever else waits there or elsewhere.
            models.Index(
                fields=["tenant", "connection", "due_at", "id"],
                condition=Q(status__in=["WAITING", "PUBLISHING", "UNKNOWN"]),
                name="social_target_lane_idx",
            ),
            # What is under way, and what dead workers left.
            models.Index(
                fields=["leased_until"],
                condition=Q(leased_until__isnull=False),
                name="social_target_lease_idx",
            ),
            # Numbers that are due.
            models.Index(
                fields=["metrics_due_at"],
                condition=Q(metrics_due_at__isnull=False),
                name="social_target_metrics_idx",
            ),
            # First comments that a worker left undone.
            models.Index(
                fields=["comment_due_at"],
                condition=Q(comment_due_at__isnull=False),
                name="social_target_comment_idx",
            ),
            # Counting against the limits of an account; what it published.
            models.Index(fields=["tenant", "connection", "-published_at"], name="social_target_account_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"


class StepKind(models.TextChoices):
    """What leads to a published post, in the order of a network's own recipe."""

    UPLOAD = "UPLOAD", "Bring the file"
    CONTAINER = "CONTAINER", "Prepare"
    DRAFT = "DRAFT", "Make a draft"
    COMMIT = "COMMIT", "Publish"
    COMMENT = "COMMENT", "First comment"
    CLEAR = "CLEAR", "Take the draft back"


class Step(TenantChildModel):
    """A step that is done, with the handle that the network gave: never done again for the same request."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="steps", db_constraint=False)
    kind = models.CharField(max_length=9, choices=StepKind.choices)
    position = models.PositiveSmallIntegerField(default=0)
    request_hash = models.CharField(max_length=64)
    handle = models.CharField(max_length=200)
    data = models.JSONField(default=dict)
    done_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "target", "kind", "position"], name="social_step_position_uq"
            ),
            models.CheckConstraint(condition=Q(kind__in=StepKind.values), name="social_step_kind_ck"),
            models.CheckConstraint(condition=~Q(handle=""), name="social_step_handle_ck"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.position}: {self.handle}"


class Outcome(models.TextChoices):
    """What came of a call."""

    STARTED = "STARTED", "Under way"
    SUCCEEDED = "SUCCEEDED", "Done"
    REFUSED = "REFUSED", "Refused"
    NOT_SENT = "NOT_SENT", "Not sent"
    UNKNOWN = "UNKNOWN", "No clear answer"


class Attempt(TenantChildModel):
    """A call that changes something on a network: written before it is made, completed after the answer.

    `marker`: what tells older posts from newer ones on a network without handles (X: the newest id before the call;
    Facebook: the newest public posts before a draft). `said`: the words with their tokens filled in as they were then;
    by the time somebody looks for them the event may be another.
    """

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="attempts", db_constraint=False)
    kind = models.CharField(max_length=9, choices=StepKind.choices)
    position = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField()
    marker = models.TextField(blank=True)
    said = models.TextField(blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.STARTED)
    status_code = models.PositiveSmallIntegerField(null=True)
    code = models.CharField(max_length=40, blank=True)
    trace = models.CharField(max_length=100, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="social_attempt_outcome_ck"),
            # One call that makes a post public at a time, and none while an earlier one is not understood.
            models.UniqueConstraint(
                fields=["tenant", "target"],
                condition=Q(kind="COMMIT", outcome__in=["STARTED", "UNKNOWN"]),
                name="social_attempt_open_commit_uq",
            ),
        ]
        indexes = [
            # The calls of one target, in order.
            models.Index(fields=["tenant", "target", "started_at"], name="social_attempt_target_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"
