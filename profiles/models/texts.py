"""The index of what texts say, by which mentions of a person are found."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from events.models.log import TransactionIdField
from tenants.models import TenantModel


class TextBlock(TenantModel):
    """Some rows of a table, by the range of their ids, and the tokens of all their texts (`profiles.privacy.tokens`).

    Holds hashes only. After an erasure the blocks of what was blanked are made anew (`StaleBlock`).
    """

    model = models.CharField(max_length=60)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    tokens = ArrayField(models.IntegerField())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "model", "last_id"], name="profiles_textblock_last_uq"),
            models.CheckConstraint(
                condition=Q(first_id__lte=F("last_id")), name="profiles_textblock_order_ck"
            ),
        ]
        indexes = [
            # Erasure: which rows may mention the person; seeds of tenants are part of the tokens.
            GinIndex(fields=["tokens"], gin_pending_list_limit=256, name="profiles_textblock_tokens_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.first_id}-{self.last_id}"


class StaleBlock(TenantModel):
    """A block whose rows were changed: its tokens are made anew in the background; several times the same does no harm.

    A row of its own, because a changed row of `TextBlock` enters its thousand tokens into the index again: minutes of
    work in the transaction of an erasure.
    """

    block_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "id"], name="profiles_staleblock_next_idx")]

    def __str__(self) -> str:
        return f"block {self.block_id}"


class TextMark(TenantModel):
    """How far the texts of a table are indexed.

    Up to `seen_to` ids were handed out when the transaction `seen_xid` looked: as soon as all older ones have ended, no
    lower id can appear any more, and the index may go on to there.
    """

    model = models.CharField(max_length=60)
    indexed_to = models.BigIntegerField(db_default=0)
    seen_to = models.BigIntegerField(db_default=0)
    seen_xid = TransactionIdField(db_default=models.Value("0", output_field=TransactionIdField()))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "model"], name="profiles_textmark_model_uq"),
            models.CheckConstraint(
                condition=Q(indexed_to__lte=F("seen_to")), name="profiles_textmark_order_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.indexed_to}"
