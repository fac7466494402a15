"""Following events through the log: published, moved, cancelled, entered, withdrawn."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from events.consumers.entries import Entry
from profiles.models import Activity
from social.models import (
    Competition,
    Entrant,
    Promotion,
    PromotionStatus,
    SourceType,
    Target,
    TargetStatus,
    Touch,
    TouchKind,
    TouchStatus,
)
from social.promoting import campaigning
from social.promoting.actions import (
    STOPPABLE,
    columns_of,
    make_promotion,
    note,
    prepare,
    replan,
    stop_campaigns,
    stop_touches,
    template_of,
    want_picture,
)
from social.promoting.facts import LABELS, NAMES, moment_of
from social.promoting.planning import BANDS, FULL_ENOUGH, LAST_CALL, fill_rate
from tenants.models import Tenant
from tenants.one_by_one import first_of_each_club, within_each_club
from tenants.scope import all_tenants

IN, OUT = "COMPETITION_ENTERED", "COMPETITION_WITHDRAWN"
# Five updates in a minute are one correction; shortly before the event nobody waits.
FULL: Final = "The field is full."
CALM: Final = timedelta(minutes=10)
URGENT: Final = timedelta(hours=24)
MOST_OF_CLUB: Final = 100
MATERIAL: Final = frozenset(
    {
        "startsAt",
        "endsAt",
        "clubName",
        "courseName",
        "entryFeeCents",
        "format",
        "entriesCloseAt",
        "withdrawBy",
    }
)
ELIGIBILITY: Final = frozenset({"handicapMin", "handicapMax", "gender"})


def wants(tenant: Tenant) -> dict[str, tuple[str, ...] | None]:
    """What the consumer has a use for: competitions, and who enters or withdraws."""
    return {"competition.changed": None, "activity.recorded": (IN, OUT)}


def follow(tenant: Tenant, entries: Sequence[Entry]) -> None:
    """Take entries of the log into the plans; inside the transaction of the consumer's position."""
    changed = [entry for entry in entries if entry.kind == "competition.changed"]
    for entry in changed:
        _take_change(tenant, entry)
    moved = [
        entry
        for entry in entries
        if entry.kind == "activity.recorded" and entry.data.get("type") in (IN, OUT)
    ]
    if moved:
        _take_entries(tenant, [int(entry.data["activityId"]) for entry in moved])


def _take_change(tenant: Tenant, entry: Entry) -> None:
    told: dict[str, Any] = entry.data.get("competition") or {}
    key, change = str(told.get("id") or ""), str(entry.data.get("change"))
    if not key:
        return
    row, _ = Competition.objects.select_for_update().get_or_create(tenant_id=tenant.pk, key=key)
    if row.log_id >= entry.id:
        return
    row.facts = {**row.facts, **{name: value for name, value in told.items() if name != "id"}}
    row.is_cancelled, row.log_id = row.is_cancelled or change == "cancelled", entry.id
    row.save()
    promotion = Promotion.objects.filter(source_type=SourceType.COMPETITION, source_id=key).first()
    if promotion is None:
        if change == "published" and _is_wanted(tenant, row):
            made = make_promotion(source_type=SourceType.COMPETITION, source_id=key, facts=_plain(row.facts))
            count_field(tenant, [key])
            note(made, "Planned because TeeTime published the competition.")
        return
    _note_change(promotion, row, entry.at)


def _is_wanted(tenant: Tenant, row: Competition) -> bool:
    starts = moment_of(row.facts.get("startsAt"))
    return (
        template_of(tenant).get("isOn", True) is not False and starts is not None and starts > timezone.now()
    )


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in NAMES if facts.get(name) is not None}


def _note_change(promotion: Promotion, row: Competition, at: datetime) -> None:
    """What is different from the plan waits until it has settled."""
    facts = _plain(row.facts)
    different = {name for name in NAMES if facts.get(name) != promotion.facts.get(name)}
    pending = {"facts": facts, "changes": sorted(different), "isCancelled": row.is_cancelled}
    if not different and not row.is_cancelled:
        Promotion.objects.filter(pk=promotion.pk).update(pending={}, pending_since=None)
        return
    Promotion.objects.filter(pk=promotion.pk).update(
        pending=pending, pending_since=promotion.pending_since or at
    )


# --- Changes that have settled ---------------------------------------------------------------------------------------


def settle_changes(now: datetime | None = None) -> int:
    """Apply changes that nobody has added to for ten minutes, or that cannot wait; returns how many."""
    now = now or timezone.now()
    with all_tenants():
        waiting = Promotion.objects.filter(pending_since__isnull=False)
        chosen = first_of_each_club(waiting, "pending_since", MOST_OF_CLUB)
        found = list(chosen.values_list("pk", "tenant_id", "pending_since"))

    # What fails is tried again with the next turn; no other plan waits for it.
    return within_each_club(found, partial(_settle, now=now), what="applying a change of an event")


def _settle(promotion_id: UUID, since: datetime, now: datetime) -> int:
    with transaction.atomic():
        row = (
            Promotion.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=promotion_id, pending_since=since)
            .first()
        )
        if row is None or (now - since < CALM and not _is_urgent(row, now)):
            return 0
        apply_change(row)
    return 1


def _is_urgent(promotion: Promotion, now: datetime) -> bool:
    if promotion.pending.get("isCancelled"):
        return True
    ends = [one for one in (promotion.closes_at, promotion.starts_at) if one is not None and one > now]
    return bool(ends) and min(ends) - now <= URGENT


def apply_change(promotion: Promotion) -> None:
    """The plan follows: unsent parts are reckoned anew, what is out is corrected, a cancellation takes all back."""
    pending = promotion.pending
    changes = set(pending.get("changes") or ())
    promotion.facts = pending.get("facts") or promotion.facts
    promotion.name = str(promotion.facts.get("name") or promotion.name)[:200]
    for name, value in columns_of(promotion.facts).items():
        setattr(promotion, name, value)
    promotion.pending, promotion.pending_since = {}, None
    promotion.save()
    if pending.get("isCancelled"):
        _cancel(promotion)
        return
    if "imageUrl" in changes:
        want_picture(promotion)
    replan(promotion)
    names = ", ".join(sorted(LABELS.get(name, name).lower() for name in changes))
    note(promotion, f"Changed: {names or 'nothing that matters'}.")
    if changes & MATERIAL and promotion.status == PromotionStatus.ACTIVE:
        _correct(promotion, TouchKind.CORRECTION)
    elif changes & MATERIAL and promotion.status == PromotionStatus.PAUSED:
        note(promotion, "The plan rests, so what is out already was not corrected. Look there.")
    if changes & ELIGIBILITY:
        note(
            promotion,
            "Who may enter has changed; people who entered and no longer fit are for staff to look at.",
        )
    watch(promotion)


def _cancel(promotion: Promotion) -> None:
    """Everything stops, and what is out is taken back, also of a plan that rests or that staff had stopped; once."""
    was_heard = promotion.status != PromotionStatus.DRAFT
    is_first = not Touch.objects.filter(promotion=promotion, kind=TouchKind.CANCELLATION).exists()
    stop_touches(
        Touch.objects.filter(promotion=promotion, status=TouchStatus.PLANNED), "The event was cancelled."
    )
    stop_campaigns(promotion, TouchKind.values)
    Promotion.objects.filter(pk=promotion.pk).update(status=PromotionStatus.CANCELLED)
    promotion.status = PromotionStatus.CANCELLED
    note(promotion, "Cancelled, because the event was cancelled.")
    if was_heard and is_first:
        _correct(promotion, TouchKind.CANCELLATION)


def _correct(promotion: Promotion, kind: str) -> None:
    """A touch for each post of the plan that is out, or may be soon, on its network; one for those written to."""
    round_number = Touch.objects.filter(promotion=promotion, kind=kind).count()
    posts = list(
        Touch.objects.filter(promotion=promotion, post_id__isnull=False).values_list("post_id", flat=True)
    )
    states = (TargetStatus.PUBLISHED, TargetStatus.PUBLISHING, TargetStatus.UNKNOWN)
    out = Target.objects.filter(post_id__in=posts, status__in=states, deleted_at=None)
    now = timezone.now()
    Touch.objects.bulk_create(
        Touch(
            tenant_id=promotion.tenant_id,
            promotion=promotion,
            key=f"{kind.lower()[:10]}:{round_number}:{target.pk}"[:60],
            kind=kind,
            channel="POST",
            anchor="when",
            due_at=now,
            post_id=target.post_id,
            text=str(target.pk),
        )
        for target in out
    )
    for channel in promotion.channels:
        if channel != "POST":
            touch = Touch.objects.create(
                tenant_id=promotion.tenant_id,
                promotion=promotion,
                key=f"{kind.lower()[:10]}:{round_number}:{channel}",
                kind=kind,
                channel=channel,
                anchor="when",
                due_at=now,
            )
            prepare(promotion, touch)


# --- The field -------------------------------------------------------------------------------------------------------


def _take_entries(tenant: Tenant, activity_ids: Sequence[int]) -> None:
    """Entries and withdrawals in the order in which they happened, with as many statements for many as for one."""
    rows = [
        (str(row.metadata.get("competitionId") or ""), row)
        for row in Activity.objects.filter(pk__in=activity_ids).order_by("occurred_at", "pk")
    ]
    keys = {key for key, _ in rows if key}
    people = {row.profile_id for key, row in rows if key}
    known = {
        (one.competition_key, one.profile_id, one.origin_profile_id): one
        for one in Entrant.objects.filter(competition_key__in=keys, profile_id__in=people)
    }
    new: list[Entrant] = []
    changed: dict[int, Entrant] = {}
    for key, row in rows:
        if not key:
            continue
        person = (key, row.profile_id, row.origin_profile_id)
        entrant = known.get(person)
        is_new = entrant is None
        if entrant is None:
            entrant = known[person] = Entrant(
                tenant_id=tenant.pk,
                competition_key=key,
                profile_id=row.profile_id,
                origin_profile_id=row.origin_profile_id,
                entered_at=row.occurred_at,
            )
            new.append(entrant)
        if _has_moved(entrant, row.type, row.occurred_at, is_new=is_new) and entrant.pk is not None:
            changed[entrant.pk] = entrant
    Entrant.objects.bulk_create(new)
    Entrant.objects.bulk_update(changed.values(), ["entered_at", "withdrawn_at"], batch_size=500)
    count_field(tenant, keys)


def _has_moved(entrant: Entrant, kind: str, at: datetime, *, is_new: bool) -> bool:
    """Move somebody in or out; the later of entry and withdrawal counts, in whatever order they are read."""
    if kind == IN:
        if entrant.withdrawn_at is None or at <= entrant.withdrawn_at:
            return False
        entrant.entered_at, entrant.withdrawn_at = at, None
        return True
    if is_new or at >= entrant.entered_at:
        entrant.withdrawn_at = at
        return True
    return False


def count_field(tenant: Tenant, keys: Iterable[str]) -> None:
    """Count the fields of these competitions, and act on what they have become."""
    fields = Entrant.objects.filter(competition_key__in=list(keys), withdrawn_at=None)
    counts = dict(
        fields.values("competition_key")
        .annotate(people=Count("profile_id", distinct=True))
        .values_list("competition_key", "people")
    )
    promotions = list(Promotion.objects.filter(source_id__in=list(keys)))
    for promotion in promotions:
        promotion.entered = counts.get(promotion.source_id, 0)
    Promotion.objects.bulk_update(promotions, ["entered"], batch_size=500)
    for promotion in promotions:
        watch(promotion)


def watch(promotion: Promotion) -> None:
    """Full: everything stops and the waiting list is called; nearly full: the last places are called, once."""
    rate = fill_rate(promotion)
    if rate is None or promotion.status != PromotionStatus.ACTIVE:
        return
    is_full = rate >= 1
    if is_full != promotion.is_full:
        Promotion.objects.filter(pk=promotion.pk).update(is_full=is_full)
        promotion.is_full = is_full
        if is_full:
            planned = Touch.objects.filter(
                promotion=promotion, status=TouchStatus.PLANNED, kind__in=STOPPABLE
            )
            stop_touches(planned, FULL)
            stop_campaigns(promotion, STOPPABLE)
            note(promotion, f"Full: {promotion.entered} of {promotion.max_entries}.")
            _call(promotion, TouchKind.FULL)
            return
        note(promotion, f"A place is free again: {promotion.entered} of {promotion.max_entries}.")
        _revive(promotion)
    closes = promotion.closes_at or promotion.starts_at
    if not is_full and rate >= FULL_ENOUGH and (closes is None or closes - timezone.now() >= LAST_CALL):
        _call(promotion, TouchKind.LAST_PLACES)


def _revive(promotion: Promotion) -> None:
    """Reminders that were stopped because the field was full, and whose time is still to come, are planned again."""
    stopped = Touch.objects.filter(
        promotion=promotion,
        status=TouchStatus.CANCELLED,
        kind=TouchKind.REMINDER,
        reason=FULL,
        due_at__gt=timezone.now(),
    )
    for touch in list(stopped):
        touch.status, touch.reason, touch.post_id, touch.campaign_id = TouchStatus.PLANNED, "", None, None
        touch.save(update_fields=["status", "reason", "post_id", "campaign_id"])
        prepare(promotion, touch)


def _call(promotion: Promotion, kind: str) -> None:
    """Put the touches of a kind on their way now; each once."""
    for touch in Touch.objects.filter(
        promotion=promotion, kind=kind, status=TouchStatus.PLANNED, due_at=None
    ):
        touch.due_at = timezone.now()
        prepare(promotion, touch)


def widen(promotion: Promotion) -> None:
    """Invite the next handicap band as well, while the field is not full enough."""
    rate = fill_rate(promotion)
    if rate is not None and rate < FULL_ENOUGH and promotion.band < BANDS - 1:
        Promotion.objects.filter(pk=promotion.pk).update(band=promotion.band + 1)
        promotion.band += 1
        note(promotion, f"Band {promotion.band + 1} of {BANDS} is invited as well.")
        for touch in Touch.objects.filter(
            promotion=promotion, status=TouchStatus.PLANNED, campaign_id__isnull=False
        ):
            if touch.due_at is not None:
                campaigning.refresh(promotion, touch, touch.due_at)
