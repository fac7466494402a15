"""What can be done with a segment; admin, REST and GraphQL call these alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from segments.discretion import parse_asked
from segments.errors import InCircle, InUse, NameTaken, NoRule, SegmentNotFound, UnknownSegments
from segments.membership import lock_members
from segments.models import Frequency, Refresh, RefreshReason, Segment, SegmentType
from segments.models.keeping import OPEN
from segments.models.segment import RULED
from segments.refreshing import request_refresh
from segments.rules import Rule
from tenants.action_log import log_action
from tenants.declarations import every, resolve
from tenants.errors import InvalidError
from tenants.models import User
from tenants.scope import current_tenant_id

LONGEST_NAME: Final = 120
# What an edit writes; counts and refreshes are kept by others at the same time.
EDITABLE: Final = (
    "name",
    "description",
    "criteria",
    "version",
    "refresh_frequency",
    "is_active",
    "club_id",
    "updated_at",
)
# (segment id) → what needs it, in words, as "the campaign “Spring offer”".
Users = Callable[[UUID], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a segment."""

    name: str = ""
    user: User | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A segment as somebody describes it; `criteria` is a tree as any builder writes it."""

    name: str
    criteria: Any = None
    type: str = SegmentType.DYNAMIC
    description: str = ""
    refresh_frequency: str = Frequency.DAILY
    club_id: str = ""
    is_system: bool = False
    template: str = ""
    maker: Maker = field(default_factory=Maker)


def list_segments() -> QuerySet[Segment]:
    """The open scope's segments by name; deleted ones stay out."""
    segments: QuerySet[Segment] = Segment.objects.filter(deleted_at__isnull=True)
    return segments.order_by("name", "id")


def get_segment(segment_id: UUID) -> Segment:
    """Raises SegmentNotFound."""
    segment: Segment | None = Segment.objects.filter(pk=segment_id, deleted_at__isnull=True).first()
    if segment is None:
        raise SegmentNotFound
    return segment


def create_segment(draft: Draft) -> Segment:
    """Make a segment and have its members found.

    Raises InvalidRule, MoneyHidden, NameTaken, InCircle, UnknownSegments.
    """
    rule = _rule_of(draft.type, draft.criteria)
    with transaction.atomic():
        if rule is not None:
            if rule.mentions.segments:
                lock_members()  # nobody deletes meanwhile what it names
            _check_named(None, draft.name, rule)
        segment = Segment(
            tenant_id=current_tenant_id(),
            name=_name(draft.name),
            description=draft.description.strip(),
            type=draft.type,
            criteria=None if rule is None else rule.to_json(),
            refresh_frequency=_frequency(draft.refresh_frequency),
            club_id=draft.club_id,
            is_system=draft.is_system,
            template=draft.template,
            created_by=draft.maker.user,
            created_by_name=draft.maker.name,
        )
        _save(segment, insert=True)
        log_action("segment.created", subject_kind="segment", subject_id=segment.pk)
        if rule is not None:
            request_refresh(segment.pk, RefreshReason.EDIT)
    segment.refresh_from_db()
    return segment


def update_segment(segment_id: UUID, changes: Mapping[str, Any]) -> Segment:
    """Change what is named: name, description, criteria, refresh_frequency, is_active, club_id.

    A new rule raises the version: a refresh under way starts over with it. Raises as `create_segment`.
    """
    with transaction.atomic():
        lock_members()
        segment = get_segment(segment_id)
        rule = None
        if "criteria" in changes:
            if not segment.has_rule:
                raise NoRule
            rule = parse_asked(changes["criteria"])
            _check_named(segment.pk, segment.name, rule)
        was_active = segment.is_active
        is_new = rule is not None and rule.fingerprint != segment.rule.fingerprint
        if rule is not None:
            segment.criteria = rule.to_json()
            segment.version += 1
        _set_plain(segment, changes)
        segment.updated_at = timezone.now()
        _save(segment, insert=False)
        log_action("segment.changed", subject_kind="segment", subject_id=segment.pk)
        if rule is not None and (is_new or segment.is_stale):
            request_refresh(segment.pk, RefreshReason.EDIT)
        elif segment.is_active and not was_active and segment.has_rule:
            # Nobody followed meanwhile, neither events nor days: all of it is done anew.
            Segment.objects.filter(pk=segment.pk).update(refreshed_version=0)
            request_refresh(segment.pk, RefreshReason.PERSON)
    return segment


def _set_plain(segment: Segment, changes: Mapping[str, Any]) -> None:
    if "name" in changes:
        segment.name = _name(str(changes["name"]))
    if "description" in changes:
        segment.description = str(changes["description"] or "").strip()
    if "refresh_frequency" in changes:
        segment.refresh_frequency = _frequency(changes["refresh_frequency"])
    if "is_active" in changes:
        segment.is_active = bool(changes["is_active"])
    if "club_id" in changes:
        segment.club_id = str(changes["club_id"] or "")


def refresh_segment(segment_id: UUID) -> Segment:
    """Have everybody compared with the rule soon; raises NoRule for a list."""
    segment = get_segment(segment_id)
    if not segment.has_rule:
        raise NoRule
    request_refresh(segment.pk, RefreshReason.PERSON)
    return segment


def clone_segment(segment_id: UUID, name: str, maker: Maker | None = None) -> Segment:
    """A copy with the same rule, or an empty list."""
    original = get_segment(segment_id)
    return create_segment(
        Draft(
            name=name,
            criteria=original.criteria,
            type=original.type,
            description=original.description,
            refresh_frequency=original.refresh_frequency,
            club_id=original.club_id,
            maker=maker or Maker(),
        )
    )


def delete_segment(segment_id: UUID) -> None:
    """Take it away; its history stays. Raises InUse with what still needs it."""
    with transaction.atomic():
        lock_members()
        segment = get_segment(segment_id)
        users = users_of(segment.pk)
        if users:
            raise InUse(users)
        Segment.objects.filter(pk=segment.pk).update(
            deleted_at=timezone.now(), is_active=False, updated_at=timezone.now()
        )
        log_action("segment.deleted", subject_kind="segment", subject_id=segment.pk)


def users_of(segment_id: UUID) -> list[str]:
    """What needs the segment, in words: other segments, and what other apps declare."""
    naming = [
        f"the segment “{each.name}”"
        for each in list_segments().filter(type__in=RULED)
        if segment_id in each.rule.mentions.segments
    ]
    return naming + [words for path in every("segment_users") for words in resolve(path)(segment_id)]


def is_refreshing(segment_ids: Sequence[UUID]) -> set[UUID]:
    """Those of which a refresh waits or runs."""
    rows = Refresh.objects.filter(segment_id__in=segment_ids, status__in=OPEN)
    return set(rows.values_list("segment_id", flat=True))


def _rule_of(segment_type: str, criteria: Any) -> Rule | None:
    if segment_type not in SegmentType.values:
        raise InvalidError(f"The type must be one of {', '.join(SegmentType.values)}.", field="type")
    if segment_type not in RULED:
        if criteria:
            raise InvalidError("A list has no rule: leave criteria out.", field="criteria")
        return None
    if criteria is None:
        raise InvalidError("Give the rule as criteria.", field="criteria")
    return parse_asked(criteria)


def _check_named(segment_id: UUID | None, name: str, rule: Rule) -> None:
    """The segments that a rule names must exist and not lead back to this one."""
    known = {each.pk: each for each in list_segments()}
    missing = sorted(str(each) for each in rule.mentions.segments - known.keys())
    if missing:
        raise UnknownSegments(missing)

    def walk(at: UUID, way: list[str]) -> None:
        each = known[at]
        if at == segment_id:
            raise InCircle([*way, each.name])
        if each.has_rule:
            for below in each.rule.mentions.segments & known.keys():
                walk(below, [*way, each.name])

    for below in rule.mentions.segments:
        walk(below, [name])


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or "\x00" in name:
        raise InvalidError(f"Give a name of 1 to {LONGEST_NAME} characters.", field="name")
    return name


def _frequency(value: Any) -> str:
    if value not in Frequency.values:
        raise InvalidError(f"Give one of {', '.join(Frequency.values)}.", field="refreshFrequency")
    return str(value)


def _save(segment: Segment, *, insert: bool) -> None:
    try:
        with transaction.atomic():
            segment.save(force_insert=insert, update_fields=None if insert else EDITABLE)
    except IntegrityError as error:
        if "segments_segment_name_uq" in str(error):
            raise NameTaken(segment.name) from error
        raise
