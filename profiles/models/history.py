"""What is known of a person and what they did: facts, activities, notes, privacy requests, search."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from profiles.vocabulary import SLOTS, ActivityCategory
from tenants.models import TenantChildModel, TenantModel

# Every search reads the pending entries of an index one by one: the usual 4 MB alone take too long.
PENDING_KIB = 256


class Fact(TenantChildModel):
    """The newest value that one source record (an identifier) gave for one field.

    Never deleted when another source wins: the golden row is computed from all facts of a profile, so the order
    in which they arrived does not matter, and a merge can be undone. `rank` 2: the source owns the field, 1: any
    source, 0: only fills what nobody else says.
    """

    profile_id = models.UUIDField()
    identifier_id = models.BigIntegerField()
    field = models.CharField(max_length=30)
    source = models.CharField(max_length=20)
    rank = models.SmallIntegerField()
    value = models.JSONField(null=True)
    occurred_at = models.DateTimeField()
    event_id = models.CharField(max_length=200)
    sequence = models.BigIntegerField(db_default=0, help_text="The sender's count of events of one instant.")
    arrival = models.BigIntegerField(db_default=0, help_text="The event's number in the inbox.")
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "identifier_id", "field", "source", "rank"], name="profiles_fact_record_uq"
            ),
            models.CheckConstraint(condition=Q(rank__range=(0, 2)), name="profiles_fact_rank_ck"),
        ]
        indexes = [
            # The golden row and the 360 page: all facts of a profile.
            models.Index(fields=["tenant", "profile_id"], name="profiles_fact_profile_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.field} by {self.source}"


class Activity(TenantChildModel):
    """A row of the timeline; append-only.

    `slot` counts the rows that one event makes: several channels of one consent change, or the partners of a
    booking. The id is SLOTS × the event's number in the inbox + slot, so that the same event can never make the same
    row twice, and no sequence has to be asked. `origin_profile_id` is the profile its identifier was born with, for
    an unmerge.
    """

    id = models.BigIntegerField(primary_key=True, editable=False)
    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())
    slot = models.SmallIntegerField(db_default=0)
    type = models.CharField(max_length=40)
    category = models.CharField(max_length=15, choices=ActivityCategory.choices)
    channel = models.CharField(max_length=10, db_default="", blank=True)
    source = models.CharField(max_length=20)
    source_event_id = models.CharField(max_length=200)
    title = models.TextField()
    metadata = models.JSONField(db_default=models.Value({}, output_field=models.JSONField()))
    once_key = models.UUIDField(null=True, help_text="What happens once, whoever tells it how often.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "source_event_id", "slot"], name="profiles_activity_event_uq"
            ),
            models.UniqueConstraint(
                fields=["tenant", "once_key"],
                condition=Q(once_key__isnull=False),
                name="profiles_activity_once_uq",
            ),
            models.CheckConstraint(
                condition=Q(category__in=ActivityCategory.values), name="profiles_activity_category_ck"
            ),
            models.CheckConstraint(condition=Q(slot__range=(0, SLOTS - 1)), name="profiles_activity_slot_ck"),
        ]
        indexes = [
            # The timeline: one person's rows, newest first, continued by (occurred_at, id).
            models.Index(
                fields=["tenant", "profile_id", "-occurred_at", "-id"], name="profiles_activity_timeline_idx"
            ),
            # Scoring: whether a complaint of any age is still open.
            models.Index(
                fields=["tenant", "profile_id"],
                condition=Q(type__in=["COMPLAINT_OPENED", "COMPLAINT_CLOSED"]),
                name="profiles_activity_plaint_idx",
            ),
            # Reports on posts: who came by a link of theirs. Few rows have such tags.
            models.Index(
                fields=["tenant", "occurred_at"],
                condition=Q(metadata__has_key="utm"),
                name="profiles_activity_utm_idx",
            ),
            # Privacy: what the platform itself wrote, in which somebody else may be mentioned.
            models.Index(
                fields=["tenant", "id"], condition=Q(source="crm"), name="profiles_activity_own_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Note(TenantModel):
    """What staff wrote about a person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    body = models.TextField()
    is_pinned = models.BooleanField(default=False)
    author = models.ForeignKey("tenants.User", null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.TextField(default="")
    created_at = models.DateTimeField(db_default=models.functions.Now())
    updated_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(body=""), name="profiles_note_body_ck")]
        indexes = [
            # The 360 page: a person's notes, pinned first, then newest.
            models.Index(
                fields=["tenant", "profile_id", "-is_pinned", "-created_at"], name="profiles_note_profile_idx"
            ),
            # Search: who has a note with these words. Nothing of it is kept elsewhere that would have to follow.
            GinIndex(
                models.Func(
                    models.F("tenant"),
                    models.F("body"),
                    function="profiles_note_words",
                    output_field=SearchVectorField(),
                ),
                gin_pending_list_limit=PENDING_KIB,
                name="profiles_note_words_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.body[:60]


class PrivacyRequest(TenantModel):
    """A request about personal data that somebody has to fulfil."""

    class Kind(models.TextChoices):
        """What is asked for."""

        ERASURE = "ERASURE", "Erasure"
        ACCESS = "ACCESS", "Access"

    class Status(models.TextChoices):
        """Where it stands."""

        OPEN = "OPEN", "Open"
        DONE = "DONE", "Done"
        REJECTED = "REJECTED", "Rejected"

    profile_id = models.UUIDField()
    origin_profile_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.TextField(default="", blank=True)
    source = models.CharField(max_length=20)
    source_event_id = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    opened_at = models.DateTimeField(db_default=models.functions.Now())
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "profile_id", "kind"],
                condition=Q(status="OPEN"),
                name="profiles_privacy_open_uq",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["OPEN", "DONE", "REJECTED"]), name="profiles_privacy_status_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.profile_id}"


class SearchDocument(TenantChildModel):
    """The words by which a profile is found; kept apart, so that counting an activity does not rewrite them."""

    profile_id = models.UUIDField(primary_key=True)
    document = SearchVectorField()

    class Meta:
        indexes = [
            # Search as one types; lexemes start with the tenant's tag (see `profiles.search.finding`).
            GinIndex(
                fields=["document"], gin_pending_list_limit=PENDING_KIB, name="profiles_search_document_idx"
            ),
            # What fits a large part of a club is looked for among the newest.
            models.Index(fields=["tenant", "-profile_id"], name="profiles_search_newest_idx"),
        ]

    def __str__(self) -> str:
        return str(self.profile_id)
