"""What staff and front ends change themselves: customers made by hand, corrected fields, tags, notes.

Edits are facts like any other, stated by the record `crmRecordId` with source `crm`: newest wins, nothing is
overwritten, a merge can be undone. What other services own (membership, golf, consent, scores) cannot be edited.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from events import log
from events.identity_hints import IdentityKey, IdentityKind
from events.inbox import reserve_number
from events.log import LogEntry
from events.plain_text import visible
from profiles import cache
from profiles.beside_numbers import beside_number
from profiles.births import EARLIEST
from profiles.changes import as_metadata, changes_between, sentence
from profiles.club import Club
from profiles.customer_table import NAMES
from profiles.effects.drafts import ActivityDraft, Effect, Subject
from profiles.effects.subjects import add_facts
from profiles.errors import CustomerNotFound, InvalidFields, KeyInUse
from profiles.golden_rows.recomputing import store_documents
from profiles.ingest.applying import apply_events
from profiles.ingest.decoding import EventHeader, ReadyEvent
from profiles.log_kinds import LogKind
from profiles.merging.shares import share_tags
from profiles.models import CRM_RECORD, ActivityCategory, CustomerProfile, Identifier, Note, ProfileStatus
from profiles.reading import get_customer
from profiles.representation import customer_fields
from profiles.suppression import suppressed
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.models import Tenant, User
from tenants.nearest import nearest
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import current_tenant_id

SOURCE: Final = "crm"
TEXT_FIELDS: Final = ("firstName", "lastName", "displayName", "gender", "postcode", "country", "language")
ADDRESS_FIELDS: Final = ("email", "phoneNumber")
EDITABLE_FIELDS: Final = (*TEXT_FIELDS, *ADDRESS_FIELDS, "dateOfBirth", "status", "tags")
LONGEST_TEXT: Final = 200
MOST_TAGS, LONGEST_TAG = 50, 50
ERASED: Final = (
    "This belongs to somebody who was erased on request; if they came back of their own will, an administrator can let"
    " the address in on the page Privacy."
)
LONGEST_NOTE: Final = 10_000
EARLIEST_BIRTH: Final = EARLIEST
NOTE_TITLE_LENGTH: Final = 80
STATUSES: Final = (ProfileStatus.ACTIVE.value, ProfileStatus.INACTIVE.value)


@dataclass(frozen=True, slots=True)
class Author:
    """Who edits: a user of the back office, or a caller of the API known by name only."""

    name: str
    user: User | None = None


def create_customer(fields: Mapping[str, Any], *, shares_addresses: bool = False) -> CustomerProfile:
    """Make a customer by hand. `fields`: EDITABLE_FIELDS by their API names; at least one that names the person.

    `shares_addresses`: staff say that this is somebody else of one household, who has the address as well. Raises
    InvalidFields, and KeyInUse when an address leads to somebody already, or to somebody whom nothing tells apart.
    """
    club = _club()
    values, tags = _checked(fields, club)
    if not any(values.get(field) for field in ("firstName", "lastName", "displayName", *ADDRESS_FIELDS)):
        raise InvalidFields({"firstName": "Give a name, an e-mail address or a phone number."})
    record = IdentityKey(CRM_RECORD, str(uuid.uuid4()))
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        _check_not_erased(values)
        holders = _check_addresses(values, None, may_share=shares_addresses)
        if holders:
            # By itself first: a shared address and a fitting name would lead to somebody who is there already.
            _state(
                club, record, {field: value for field, value in values.items() if field not in ADDRESS_FIELDS}
            )
        profile_id = _state(club, record, values)
        _check_apart(profile_id, holders)
        if tags is not None:
            _set_tags(profile_id, tags)
        name = current_actor().name
        draft = ActivityDraft(
            "CUSTOMER_ADDED", ActivityCategory.IDENTITY, f"{name} added the customer", "", {"author": name}
        )
        _record(club, record, [draft])
        log_action("customer.created", subject_kind="customer", subject_id=profile_id)
    return get_customer(profile_id)


def update_customer(
    profile_id: UUID,
    fields: Mapping[str, Any],
    *,
    check: Callable[[CustomerProfile], None] | None = None,
    shares_addresses: bool = False,
) -> CustomerProfile:
    """Change fields of a customer; None empties one. Raises CustomerNotFound, InvalidFields, KeyInUse.

    `shares_addresses` as for `create_customer`. `check` gets the customer as it is before, and nobody can change it in
    between; it raises what refuses the change.
    """
    club = _club()
    values, tags = _checked(fields, club)
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        profile = get_customer(profile_id)
        if check is not None:
            check(profile)
        _check_not_erased(values)
        holders = _check_addresses(values, profile.pk, may_share=shares_addresses)
        before = customer_fields(profile)
        if values:
            _check_apart(_state(club, _record_of(profile), values), holders)
        if tags is not None:
            _set_tags(profile.pk, tags)
        _note_changes(club, before, get_customer(profile.pk))
    return get_customer(profile.pk)


def _note_changes(club: Club, before: Mapping[str, Any], profile: CustomerProfile) -> None:
    """Say in timeline and action log what is different now; an edit that changes nothing is no news."""
    changes = changes_between(before, customer_fields(profile))
    if not changes:
        return
    name = current_actor().name
    draft = ActivityDraft(
        "CUSTOMER_CHANGED",
        ActivityCategory.IDENTITY,
        sentence(name, changes),
        "",
        as_metadata(name, changes),
    )
    details = {
        "fields": sorted(change.field for change in changes),
        "activityId": _record(club, _record_of(profile), [draft]),
    }
    log_action("customer.changed", subject_kind="customer", subject_id=profile.pk, details=details)


def add_note(profile_id: UUID, body: str, author: Author, *, is_pinned: bool = False) -> Note:
    """Write a note; it also stands in the timeline. Raises CustomerNotFound, InvalidFields."""
    body = body.strip()
    if not body or len(body) > LONGEST_NOTE or "\x00" in body:
        raise InvalidFields({"body": f"Write a note of 1 to {LONGEST_NOTE:,} characters."})
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        profile = get_customer(profile_id)
        note: Note = Note.objects.create(
            tenant_id=profile.tenant_id,
            profile_id=profile.pk,
            origin_profile_id=profile.pk,
            body=body,
            is_pinned=is_pinned,
            author=author.user,
            author_name=author.name,
        )
        draft = ActivityDraft(
            "NOTE_ADDED", ActivityCategory.NOTE, note_title(body), "", {"author": author.name}
        )
        _record(_club(), _record_of(profile), [draft], event_id=str(note.pk))
        log_action("note.added", subject_kind="customer", subject_id=profile.pk)
    note.refresh_from_db()
    return note


def note_title(body: str) -> str:
    """A note as a row of the timeline."""
    return f"Note: {body if len(body) <= NOTE_TITLE_LENGTH else body[: NOTE_TITLE_LENGTH - 1] + '…'}"


def record_activity(
    profile_id: UUID,
    *,
    activity_type: str,
    category: str,
    title: str,
    metadata: Mapping[str, Any],
    occurred_at: datetime,
) -> int:
    """Add a row to the timeline by hand; returns its id. Raises CustomerNotFound."""
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        profile = get_customer(profile_id)
        draft = ActivityDraft(activity_type, ActivityCategory(category), title, "", dict(metadata))
        activity_id = _record(_club(), _record_of(profile), [draft], occurred_at=occurred_at)
        details = {"activityId": activity_id, "type": activity_type}
        log_action("activity.added", subject_kind="customer", subject_id=profile.pk, details=details)
    if activity_id is None:
        raise CustomerNotFound
    return activity_id


def _club() -> Club:
    return Club.of(Tenant.objects.get(pk=current_tenant_id()))


def _record_of(profile: CustomerProfile) -> IdentityKey:
    """The key under which edits of this profile are kept, stored if it was not there yet."""
    key = IdentityKey(CRM_RECORD, str(profile.pk))
    Identifier.objects.bulk_create(
        [
            Identifier(
                tenant_id=profile.tenant_id,
                profile_id=profile.pk,
                origin_profile_id=profile.pk,
                kind=key.kind,
                value=key.value,
                confidence=100,
                source=SOURCE,
                event_id="",
            )
        ],
        ignore_conflicts=True,
    )
    return key


def _state(club: Club, record: IdentityKey, values: Mapping[str, Any]) -> UUID:
    """Apply values as facts of the record; returns whose they are."""
    keys = [record]
    for field, kind in (("email", IdentityKind.EMAIL), ("phoneNumber", IdentityKind.PHONE)):
        if values.get(field) and club.identifies(field, values[field]):
            key = IdentityKey(kind, values[field])
            # An address of somebody who was merged into this customer is theirs already; as a key it would join the
            # two for good, and no unmerge could part them.
            if not _is_of_merged_side(record, key):
                keys.append(key)
    subject = Subject(keys=tuple(keys))
    add_facts(subject, SOURCE, values)
    [(_, profile_id, _)] = _apply(club, subject, timezone.now(), str(uuid.uuid4()))
    if profile_id is None:
        raise CustomerNotFound
    return profile_id


def _is_of_merged_side(record: IdentityKey, key: IdentityKey) -> bool:
    """Whether the record's customer has the key from another side of a merge."""
    holders = Identifier.objects.filter(kind=key.kind, value=key.value, is_shared=False)
    customers = Identifier.objects.filter(kind=record.kind, value=record.value).values("profile_id")
    return holders.filter(profile_id__in=customers).exclude(origin_profile_id=F("profile_id")).exists()


def _record(
    club: Club,
    record: IdentityKey,
    drafts: Sequence[ActivityDraft],
    *,
    event_id: str | None = None,
    occurred_at: datetime | None = None,
) -> int | None:
    subject = Subject(keys=(record,), activities=list(drafts))
    [(_, _, activity_id)] = _apply(
        club, subject, occurred_at or timezone.now(), event_id or str(uuid.uuid4())
    )
    return activity_id


def _apply(
    club: Club, subject: Subject, occurred_at: datetime, event_id: str
) -> list[tuple[int, UUID | None, int | None]]:
    """The same way through the house as an event of a service, without a row of the inbox."""
    header = EventHeader(reserve_number(), SOURCE, event_id, occurred_at, is_by_staff=True)
    return apply_events(club, [ReadyEvent(header, Effect(subjects=[subject]))], timezone.now())


def _check_addresses(
    values: Mapping[str, Any], profile_id: UUID | None, *, may_share: bool
) -> dict[UUID, str]:
    """Who else has an address, with its field; needs the identity lock.

    Raises KeyInUse when an address is one other person's and may not be shared.
    """
    others: dict[UUID, str] = {}
    for field in ADDRESS_FIELDS:
        if values.get(field):
            rows = Identifier.objects.filter(kind=field, value=values[field])
            holders = set(rows.values_list("profile_id", flat=True))
            if profile_id in holders:
                continue
            if len(holders) == 1 and not may_share:
                raise KeyInUse(field, holders.pop())
            others |= dict.fromkeys(holders, field)
    return others


def _check_apart(profile_id: UUID, holders: Mapping[UUID, str]) -> None:
    """Raise KeyInUse when the rules took whoever shares an address for the one who has it: nothing told them apart."""
    joined = CustomerProfile.objects.filter(pk__in=holders).filter(
        Q(pk=profile_id) | Q(merged_into_id=profile_id)
    )
    for holder in joined.values_list("pk", flat=True)[:1]:
        raise KeyInUse(holders[holder], holder)


def _check_not_erased(values: Mapping[str, Any]) -> None:
    """Raise InvalidFields when an address is one of somebody who was erased."""
    keys = {IdentityKey(field, values[field]): field for field in ADDRESS_FIELDS if values.get(field)}
    if found := suppressed(keys):
        raise InvalidFields({keys[key]: ERASED for key in found})


def _set_tags(profile_id: UUID, tags: list[str]) -> None:
    changed = (
        CustomerProfile.objects.filter(pk=profile_id)
        .exclude(tags=tags)
        .update(tags=tags, version=F("version") + 1, updated_at=timezone.now())
    )
    if changed:
        share_tags(profile_id, tags)
        with connection.cursor() as cursor:
            store_documents(cursor, current_tenant_id(), [profile_id])
        log.append([LogEntry(LogKind.PROFILE_CHANGED, profile_id, {"changes": ["tags"]})])
        cache.forget([profile_id])


def _checked(fields: Mapping[str, Any], club: Club) -> tuple[dict[str, Any], list[str] | None]:
    """Normal values of the facts and the tags (None: not given); raises InvalidFields with every problem."""
    problems: dict[str, str] = {}
    values: dict[str, Any] = {}
    tags: list[str] | None = None
    for field, value in fields.items():
        if field not in EDITABLE_FIELDS:
            near = None if field in NAMES else nearest(field, EDITABLE_FIELDS)
            hint = f" Did you mean {near}?" if near else ""
            problems[field] = (
                f"This field cannot be edited here: another service owns it, or it does not exist.{hint}"
            )
            continue
        try:
            if field == "tags":
                tags = _checked_tags(value)
            else:
                values[field] = _checked_value(field, value, club)
        except ValueError as error:
            problems[field] = str(error)
    if problems:
        raise InvalidFields(problems)
    return values, tags


def _checked_value(field: str, value: Any, club: Club) -> Any:
    """One value in normal form; raises ValueError with the reason in plain words."""
    if field == "status":
        if value not in STATUSES:
            raise ValueError(f"Choose {' or '.join(STATUSES)}.")
        return value
    if value is None or value == "":
        return None
    if field == "dateOfBirth":
        return _checked_birth(value)
    if not isinstance(value, str) or len(value.strip()) > LONGEST_TEXT or "\x00" in value:
        raise ValueError(f"Write a text of at most {LONGEST_TEXT} characters.")
    if field == "email":
        return _known(club.email(value), "This is not an e-mail address.")
    if field == "phoneNumber":
        number = _known(
            club.phone(value), "This is not a phone number; write it with its prefix, as in +27 82 123 4567."
        )
        if beside := beside_number(value, number):
            raise ValueError(f"This holds {beside}: write one number alone.")
        return number
    return " ".join(visible(value).split()) or None


def _known(value: str | None, problem: str) -> str:
    if value is None:
        raise ValueError(problem)
    return value


def _checked_birth(value: Any) -> date:
    try:
        birth = value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("Write the date as 1984-05-17.") from None
    if not EARLIEST_BIRTH <= birth <= timezone.now().date():
        raise ValueError("The date of birth must lie between 1900 and today.")
    return birth


def _checked_tags(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise ValueError("Give a list of texts.")
    if any("\x00" in tag for tag in value):
        raise ValueError("A tag holds no null bytes.")
    tags = sorted({tag for text in value if (tag := " ".join(visible(text).split()))})
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
        raise ValueError(f"At most {MOST_TAGS} tags of at most {LONGEST_TAG} characters.")
    return tags
