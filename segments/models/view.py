"""A saved view of the customer list."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from tenants.models import TenantModel


class SavedView(TenantModel):
    """Filters, order and columns of the customer list under a name; without an owner everybody in the club sees it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60)
    rule = models.JSONField(null=True)
    filters = models.JSONField(default=dict, help_text="The list's drop-downs by parameter.")
    columns = ArrayField(models.TextField(), default=list)
    sort = models.CharField(max_length=40, db_default="", default="", blank=True)
    owner = models.ForeignKey("tenants.User", null=True, on_delete=models.CASCADE, related_name="+")
    place = models.IntegerField(default=100)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            # A name is used once among those shared, and once among one's own.
            models.UniqueConstraint(
                "tenant", "owner", Lower("name"), nulls_distinct=False, name="segments_savedview_name_uq"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="segments_savedview_name_ck"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared(self) -> bool:
        """Whether everybody in the club sees it."""
        return self.owner_id is None
