"""What happened to people under way when a version was published."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.models import TenantChildModel, TenantModel


class MoveAct(models.TextChoices):
    """What was done to them."""

    PUBLISH = "PUBLISH", "Moved to a new version"
    MOVE = "MOVE", "Moved to another step"
    END = "END", "Ended"
    GO = "GO", "Let go on"


class MovePlan(TenantModel):
    """What was done to many people under way at once. Kept, so that it can be undone.

    A publication: for each old step where people were, stay, move, start again, leave. Or an act of staff on chosen
    people of a version.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    journey_id = models.UUIDField()
    act = models.CharField(max_length=7, choices=MoveAct.choices, default=MoveAct.PUBLISH)
    to_version_id = models.BigIntegerField()
    choices = models.JSONField(default=dict)
    moved = models.IntegerField(default=0)
    returned = models.IntegerField(null=True)
    made_at = models.DateTimeField(db_default=Now())
    made_by_name = models.TextField(default="", blank=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "id"], name="journeys_moveplan_tenant_uq"),
            models.CheckConstraint(condition=Q(act__in=MoveAct.values), name="journeys_moveplan_act_ck"),
        ]
        indexes = [
            # The newest plan of a journey.
            models.Index(fields=["tenant", "journey_id", "-made_at"], name="journeys_moveplan_journey_idx"),
        ]

    def __str__(self) -> str:
        return f"plan of {self.made_at}"


class MovedRun(TenantChildModel):
    """Where a run stood before a plan moved it."""

    id = models.BigAutoField(primary_key=True)
    plan_id = models.UUIDField()
    run_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    step = models.CharField(max_length=40)
    due_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=9)
    hold = models.CharField(max_length=7, default="", blank=True)
    moves = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "plan_id", "run_id"], name="journeys_movedrun_run_uq"),
        ]

    def __str__(self) -> str:
        return f"run {self.run_id}"
