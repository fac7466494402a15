"""What the desk keeps: columns of the list, colours of tags, and what was done to many people at once."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tenants.models import TenantChildModel, TenantModel

HUES = 12


class ListLayout(TenantModel):
    """Which columns of the customer list a colleague sees in a club, in their order."""

    user = models.ForeignKey("tenants.User", on_delete=models.CASCADE, related_name="+")
    columns = ArrayField(models.TextField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="profiles_listlayout_user_uq")]

    def __str__(self) -> str:
        return ", ".join(self.columns)


class TagColour(TenantModel):
    """The colour that a club gave a tag; one of HUES around the circle."""

    tag = models.TextField()
    hue = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "tag"], name="profiles_tagcolour_tag_uq"),
            models.CheckConstraint(condition=Q(hue__range=(0, HUES - 1)), name="profiles_tagcolour_hue_ck"),
        ]

    def __str__(self) -> str:
        return f"{self.tag}: {self.hue}"


class BulkAct(TenantModel):
    """Something done to many customers at once; `kind` is the name of the act in the seam, which takes it back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    title = models.TextField()
    data = models.JSONField(default=dict)
    chosen = models.IntegerField(help_text="How many it was about; those whom it changed have a row each.")
    by = models.ForeignKey("tenants.User", null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.TextField(default="")
    at = models.DateTimeField(db_default=models.functions.Now())
    undone_at = models.DateTimeField(null=True)
    undone_by_name = models.TextField(db_default="", default="")

    class Meta:
        constraints = [
            # What children refer to, so that a change cannot belong to another tenant than its act.
            models.UniqueConstraint(fields=["tenant", "id"], name="profiles_bulkact_tenant_uq")
        ]
        indexes = [
            # The latest acts of a club.
            models.Index(fields=["tenant", "-at"], name="profiles_bulkact_latest_idx"),
        ]

    def __str__(self) -> str:
        return self.title


class BulkActChange(TenantChildModel):
    """The act changed this customer, and nobody without such a row; `made_id` is the row that it made."""

    pk = models.CompositePrimaryKey("act_id", "profile_id")
    act_id = models.UUIDField()
    profile_id = models.UUIDField()
    made_id = models.UUIDField(null=True)

    class Meta:
        indexes = [
            # An erasure: what was done to this person.
            models.Index(fields=["tenant", "profile_id"], name="profiles_bulkchange_person_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.act_id} changed {self.profile_id}"
