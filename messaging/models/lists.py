"""Lists of contacts at the Messaging service, and whom we told it of."""

from django.db import models

from tenants.models import TenantModel


class SyncedList(TenantModel):
    """A list that is kept current over there; `problem` is told to staff."""

    list_id = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    sequence = models.BigIntegerField(db_default=0)
    members = models.IntegerField(db_default=0)
    synced_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, db_default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "list_id"], name="messaging_list_name_uq"),
        ]

    def __str__(self) -> str:
        return self.name


class SyncedMember(TenantModel):
    """A contact that the service has in a list, as far as we know."""

    list_id = models.CharField(max_length=100)
    contact_id = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "list_id", "contact_id"], name="messaging_listmember_contact_uq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.list_id}"
