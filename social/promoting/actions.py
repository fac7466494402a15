"""Acts on promotions: make, change, approve, pause, cancel; each part of the plan follows in the same transaction."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from events.iso_time import utc_text
from social.checking import problems_of
from social.errors import IllegalMove, PromotionNotFound
from social.models import (
    Connection,
    ConnectionStatus,
    Media,
    MediaKind,
    Network,
    Post,
    PostStatus,
    Promotion,
    PromotionStatus,
    Target,
    TargetStatus,
    Touch,
    TouchKind,
    TouchStatus,
)
from social.posts import Words, cancel_post, move_post, needs_approval, unschedule_post, write_post
from social.promoting import campaigning
from social.promoting.change_log import log_changes, state_of
from social.promoting.facts import moment_of
from social.promoting.planning import CHANNELS, FIXED, LATE, REMINDER_DAYS, plan_of, words_of
from social.promoting.wording import check_words
from social.publishing.states import settle_posts
from tenants.action_log import log_action
from tenants.actors import ActorKind, current_actor
from tenants.errors import DomainError, ForbiddenError, InvalidError
from tenants.models import Tenant
from tenants.scope import current_tenant_id

PLAN_CHANNELS: Final = ("POST", "EMAIL", "SMS", "PUSH", "WHATSAPP")
# A quarter.
MOST_REMINDER_DAYS: Final = 90
BEGUN: Final = (
    TargetStatus.PUBLISHING, TargetStatus.UNKNOWN, TargetStatus.PUBLISHED, TargetStatus.FAILED,
)  # fmt: skip
GRACE: Final = timedelta(minutes=5)
# So long a first post waits for the picture of its event.
PICTURE_PATIENCE: Final = timedelta(minutes=2)
# What a change of it alters inside posts and campaigns that are made already.
INSIDE: Final = frozenset({"template", "segment_id", "audience", "connection_ids", "picture_id"})
STOPPABLE: Final = frozenset({TouchKind.ANNOUNCE, TouchKind.REMINDER, TouchKind.LAST_PLACES})


def get_promotion(promotion_id: UUID) -> Promotion:
    """A promotion of the open scope with its touches; raises PromotionNotFound."""
    row: Promotion | None = (
        Promotion.objects.select_related("tenant").prefetch_related("touches").filter(pk=promotion_id).first()
    )
    if row is None:
        raise PromotionNotFound
    return row


def template_of(tenant: Tenant) -> dict[str, Any]:
    """What the club wants of its promotions (setting `promotion`)."""
    given = tenant.settings.get("promotion")
    return given if isinstance(given, dict) else {}


def make_promotion(
    *,
    source_type: str,
    source_id: str,
    facts: Mapping[str, Any],
    channels: Sequence[str] | None = None,
    reminder_days: Sequence[int] | None = None,
    announce_at: datetime | None = None,
    segment_id: UUID | None = None,
    audience: Mapping[str, list[str]] | None = None,
    template: Mapping[str, str] | None = None,
    connection_ids: Sequence[UUID] = (),
    picture_id: UUID | None = None,
) -> Promotion:
    """Make the plan of an event from the club's template; it waits for approval, or runs where the club says so.

    Idempotent per source: there is one promotion of an event, made by whoever was first.
    """
    tenant = Tenant.objects.get(pk=current_tenant_id())
    wish = template_of(tenant)
    values = {
        "name": str(facts.get("name") or source_id)[:200],
        "facts": dict(facts),
        "channels": list(channels or wish.get("channels") or CHANNELS),
        "reminder_days": list(
            wish.get("reminderDays", REMINDER_DAYS) if reminder_days is None else reminder_days
        ),
        "template": {**(wish.get("words") or {}), **(template or {})},
        "segment_id": segment_id,
        "audience": dict(wish.get("audience") or {}) if audience is None else dict(audience),
        "connection_ids": [str(one) for one in connection_ids],
        "picture_id": picture_id,
        "picture_is_chosen": picture_id is not None,
        "announce_at": announce_at,
        "runs_by_itself": bool(wish.get("runsByItself")),
        "created_by_name": current_actor().name[:250],
        **columns_of(facts),
    }
    check_plan(values)
    with transaction.atomic():
        promotion, is_new = Promotion.objects.get_or_create(
            tenant_id=tenant.pk, source_type=source_type, source_id=source_id, defaults=values
        )
        if is_new:
            check_words(promotion)
            want_picture(promotion)
            replan(promotion)
            log_action("promotion.made", subject_kind="promotion", subject_id=promotion.pk)
            if promotion.runs_by_itself:
                _start(promotion)
    return get_promotion(promotion.pk)


def columns_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the plan reckons with, out of the facts."""
    most = facts.get("maxEntries")
    return {
        "starts_at": moment_of(facts.get("startsAt")),
        "closes_at": moment_of(facts.get("entriesCloseAt")),
        "max_entries": most if isinstance(most, int) and most > 0 else None,
    }


def check_plan(values: Mapping[str, Any]) -> None:
    """Raise InvalidError where channels or days of reminders are none."""
    unknown = set(values["channels"]) - set(PLAN_CHANNELS)
    if unknown:
        raise InvalidError(f"Unknown channel: {', '.join(sorted(unknown))}.", field="channels")
    if not all(isinstance(day, int) and 0 <= day <= MOST_REMINDER_DAYS for day in values["reminder_days"]):
        raise InvalidError(f"Days from 0 to {MOST_REMINDER_DAYS}, as in [7, 3, 1].", field="reminderDays")


def want_picture(promotion: Promotion) -> None:
    """Have the event's own picture fetched soon, unless staff chose one, or none."""
    url = promotion.facts.get("imageUrl")
    if not promotion.picture_is_chosen and isinstance(url, str) and url:
        promotion.picture_due_at, promotion.picture_tries, promotion.picture_problem = timezone.now(), 0, ""
        promotion.save(update_fields=["picture_due_at", "picture_tries", "picture_problem"])


def replan(promotion: Promotion) -> None:
    """Bring the touches in line with the facts: planned ones move, past ones are dropped, done ones stay."""
    now = timezone.now()
    tenant = Tenant.objects.get(pk=promotion.tenant_id)
    known = {touch.key: touch for touch in Touch.objects.filter(promotion=promotion)}
    for draft in plan_of(promotion, now=now, zone=tenant.zone):
        touch = known.get(draft.key)
        is_past = draft.due_at is not None and draft.due_at < now - GRACE
        if touch is None:
            Touch.objects.create(
                tenant_id=promotion.tenant_id,
                promotion=promotion,
                key=draft.key,
                kind=draft.kind,
                channel=draft.channel,
                anchor=draft.anchor,
                offset_days=draft.offset_days,
                due_at=draft.due_at,
                status=TouchStatus.DROPPED if is_past else TouchStatus.PLANNED,
                reason="Its time was over before the plan was made." if is_past else "",
            )
        elif touch.status == TouchStatus.PLANNED and touch.kind != TouchKind.ANNOUNCE:
            if touch.anchor != FIXED:
                _move_touch(promotion, touch, draft.due_at, is_past=is_past)
            elif touch.kind == TouchKind.REMINDER and is_after_entries(promotion, touch):
                stop_touches([touch], "Its time is after the close of entries by now.")


def is_after_entries(promotion: Promotion, touch: Touch) -> bool:
    """Whether nobody can enter any more at the time of a touch."""
    end = promotion.closes_at or promotion.starts_at
    return end is not None and touch.due_at is not None and touch.due_at > end


def _move_touch(promotion: Promotion, touch: Touch, due_at: datetime | None, *, is_past: bool) -> None:
    if is_past:
        stop_touches([touch], "Its new time is over already.")
    elif due_at != touch.due_at:
        Touch.objects.filter(pk=touch.pk).update(due_at=due_at)
        if touch.post_id and due_at is not None:
            # Going out at this moment: what is out is corrected, not moved.
            with suppress(IllegalMove), transaction.atomic():
                move_post(touch.post_id, at=due_at)
    if touch.campaign_id and due_at is not None and not is_past:
        campaigning.refresh(promotion, touch, due_at)


def approve_promotion(promotion_id: UUID) -> Promotion:
    """One decision for the whole plan: its posts enter the queue, its campaigns are scheduled.

    Where the club wants a second person, nobody approves a plan of their own. Raises ForbiddenError.
    """
    with transaction.atomic():
        promotion = locked(promotion_id)
        actor = current_actor()
        is_own = actor.kind is not ActorKind.SYSTEM and actor.name[:250] == promotion.created_by_name
        if is_own and needs_approval(promotion.tenant):
            raise ForbiddenError("A second person must approve this plan.", code="OWN_POST")
        _start(promotion)
    return get_promotion(promotion_id)


def _start(promotion: Promotion) -> None:
    """Put a plan on its way; raises IllegalMove. Inside a transaction that holds it."""
    if promotion.status not in (PromotionStatus.DRAFT, PromotionStatus.PAUSED):
        raise IllegalMove("promotion", promotion.status, PromotionStatus.ACTIVE)
    Promotion.objects.filter(pk=promotion.pk).update(
        status=PromotionStatus.ACTIVE, approved_by_name=current_actor().name[:250]
    )
    promotion.status = PromotionStatus.ACTIVE
    for touch in Touch.objects.filter(promotion=promotion, status=TouchStatus.PLANNED, due_at__isnull=False):
        prepare(promotion, touch)
    log_action("promotion.approved", subject_kind="promotion", subject_id=promotion.pk)


def prepare(promotion: Promotion, touch: Touch) -> None:
    """Put a touch on its way: a post into the queue, or a campaign; what cannot be made says why."""
    due = max(touch.due_at or timezone.now(), timezone.now())
    if touch.channel == "POST" and promotion.picture_due_at is not None and not promotion.picture_problem:
        due = max(due, timezone.now() + PICTURE_PATIENCE)
    text = touch.text or words_of(promotion, touch.kind)
    try:
        if touch.channel == "POST":
            post = _post_of(promotion, touch, text, due)
            Touch.objects.filter(pk=touch.pk).update(post_id=post.pk, due_at=due)
        elif touch.campaign_id is None:
            campaign_id = campaigning.schedule(promotion, touch, text=text, at=due)
            Touch.objects.filter(pk=touch.pk).update(campaign_id=campaign_id, due_at=due)
    except DomainError as refusal:
        Touch.objects.filter(pk=touch.pk).update(status=TouchStatus.DROPPED, reason=refusal.message[:200])


def _post_of(promotion: Promotion, touch: Touch, text: str, due: datetime) -> Post:
    """The post of a touch; approved with its plan, so it goes into the queue without another approval."""
    if touch.post_id:
        known: Post = Post.objects.get(pk=touch.post_id)
        return known
    return _write(promotion, touch, text, due)


def _write(promotion: Promotion, touch: Touch, text: str, due: datetime, post_id: UUID | None = None) -> Post:
    """Write the post of a touch, a new one or over a draft, and put it into the queue."""
    accounts = accounts_of(promotion)
    if not accounts:
        raise InvalidError("No account is connected that takes a text without a picture.")
    with transaction.atomic():
        post = write_post(
            post_id=post_id,
            words=Words(
                text=text,
                link=str(promotion.facts.get("url") or ""),
                utm_campaign=f"event-{promotion.source_id}"[:100],
                connection_ids=accounts,
                media_ids=pictures_of(promotion),
                scheduled_at=due,
                promotion_id=promotion.pk,
                is_duplicate_allowed=True,
                late_after_minutes=LATE[touch.kind],
            ),
        )
        Post.objects.filter(pk=post.pk).update(
            status=PostStatus.SCHEDULED, approved_by_name=promotion.approved_by_name or "The club's own rule"
        )
        Target.objects.filter(post=post).update(status=TargetStatus.WAITING)
    return post


def pictures_of(promotion: Promotion) -> list[UUID]:
    """The picture of the plan, as long as the library has it."""
    return list(Media.objects.filter(pk=promotion.picture_id).values_list("pk", flat=True))


def accounts_of(promotion: Promotion) -> list[UUID]:
    """The accounts of the plan, or all where none was chosen; those that need a picture only where it has one."""
    rows = Connection.objects.filter(status=ConnectionStatus.ACTIVE)
    if promotion.connection_ids:
        rows = rows.filter(pk__in=promotion.connection_ids)
    if not pictures_of(promotion):
        rows = rows.exclude(network=Network.INSTAGRAM)
    return list(rows.values_list("pk", flat=True))


def renew(promotion: Promotion, touch: Touch) -> None:
    """Let a planned part of a running plan say and do what the plan has by now.

    Raises IllegalMove where it is going out already.
    """
    if promotion.status != PromotionStatus.ACTIVE or touch.due_at is None:
        return
    due = max(touch.due_at, timezone.now())
    if touch.post_id:
        with transaction.atomic():
            unschedule_post(touch.post_id)
            text = touch.text or words_of(promotion, touch.kind)
            _write(promotion, touch, text, due, post_id=touch.post_id)
    elif touch.campaign_id:
        campaigning.refresh(promotion, touch, due)
    else:
        prepare(promotion, touch)


def pause_promotion(promotion_id: UUID) -> Promotion:
    """Nothing more goes out until it is approved again; what was planned stays in the plan."""
    with transaction.atomic():
        promotion = locked(promotion_id)
        if promotion.status != PromotionStatus.ACTIVE:
            raise IllegalMove("promotion", promotion.status, PromotionStatus.PAUSED)
        Promotion.objects.filter(pk=promotion.pk).update(status=PromotionStatus.PAUSED)
        for touch in Touch.objects.filter(promotion=promotion, status=TouchStatus.PLANNED):
            take_back(touch)
            # A post or campaign that has begun stays the touch's own: another one would say the same twice.
            has_begun = Target.objects.filter(post_id=touch.post_id, status__in=BEGUN).exists()
            has_written = touch.campaign_id is not None and campaigning.has_reached_anybody(touch.campaign_id)
            Touch.objects.filter(pk=touch.pk).update(
                post_id=touch.post_id if has_begun else None,
                campaign_id=touch.campaign_id if has_written else None,
            )
        log_action("promotion.paused", subject_kind="promotion", subject_id=promotion.pk)
    return get_promotion(promotion_id)


def cancel_promotion(promotion_id: UUID, *, reason: str = "Cancelled by staff.") -> Promotion:
    """Stop everything that has not gone out. Idempotent."""
    with transaction.atomic():
        promotion = locked(promotion_id)
        stop_touches(Touch.objects.filter(promotion=promotion, status=TouchStatus.PLANNED), reason)
        stop_campaigns(promotion, TouchKind.values)
        Promotion.objects.filter(pk=promotion.pk).update(status=PromotionStatus.CANCELLED)
        note(promotion, reason)
        log_action("promotion.cancelled", subject_kind="promotion", subject_id=promotion.pk)
    return get_promotion(promotion_id)


def update_promotion(promotion_id: UUID, changes: Mapping[str, Any]) -> Promotion:
    """Change parts of a plan that has not ended; the rest follows."""
    with transaction.atomic():
        promotion = locked(promotion_id)
        check_alive(promotion)
        if changes.get("picture_id", promotion.picture_id) != promotion.picture_id:
            promotion.picture_is_chosen = True
            promotion.picture_due_at, promotion.picture_problem = None, ""
        before = state_of(promotion)
        for name, value in changes.items():
            setattr(promotion, name, [str(one) for one in value] if name == "connection_ids" else value)
        check_plan({"channels": promotion.channels, "reminder_days": promotion.reminder_days})
        check_picture(promotion)
        if "template" in changes:
            check_words(promotion)
        promotion.save()
        wanted = {
            f"reminder:{channel}:{day}" for channel in promotion.channels for day in promotion.reminder_days
        }
        gone = [
            touch
            for touch in Touch.objects.filter(promotion=promotion, status=TouchStatus.PLANNED)
            if touch.channel not in promotion.channels
            or (touch.kind == TouchKind.REMINDER and touch.key not in wanted)
        ]
        stop_touches(gone, "Taken out of the plan.")
        replan(promotion)
        if promotion.status == PromotionStatus.ACTIVE:
            for touch in Touch.objects.filter(
                promotion=promotion, status=TouchStatus.PLANNED, due_at__isnull=False
            ):
                is_made = touch.post_id is not None or touch.campaign_id is not None
                if not is_made or changes.keys() & INSIDE:
                    # What goes out at this moment goes out as it was.
                    with suppress(IllegalMove):
                        renew(promotion, touch)
        after = state_of(promotion)
        log_changes(promotion, {name: (before[name], after[name]) for name in before})
    return get_promotion(promotion_id)


def check_picture(promotion: Promotion) -> None:
    """Whether the plan's picture is there and fit for the networks of the club; raises InvalidError."""
    if promotion.picture_id is None:
        return
    media = list(Media.objects.filter(pk=promotion.picture_id, kind=MediaKind.IMAGE))
    if not media:
        raise InvalidError("This picture is not in the library.", field="pictureId")
    accounts = Connection.objects.filter(status=ConnectionStatus.ACTIVE)
    for network in sorted(set(accounts.values_list("network", flat=True))):
        found = problems_of(network=network, text="x", link="", media=media)
        for problem in found:
            if problem.is_refused:
                raise InvalidError(problem.message, field="pictureId")


def stop_touches(touches: Iterable[Touch], reason: str) -> None:
    """Take planned touches back, with their posts and campaigns."""
    for touch in touches:
        take_back(touch)
        Touch.objects.filter(pk=touch.pk).update(status=TouchStatus.CANCELLED, reason=reason[:200])


def take_back(touch: Touch) -> None:
    """Cancel what waits of a touch; what is going out already is not stopped."""
    if touch.post_id:
        waiting = Target.objects.filter(
            post_id=touch.post_id, status__in=(TargetStatus.WAITING, TargetStatus.HELD)
        )
        if waiting.exists():
            # A worker may take the last of them at this moment; then it is out, or withdrawn by the worker.
            with suppress(IllegalMove), transaction.atomic():
                cancel_post(touch.post_id)
            settle_posts([touch.post_id])
    if touch.campaign_id:
        campaigning.cancel(touch.campaign_id)


def stop_campaigns(promotion: Promotion, kinds: Iterable[str]) -> None:
    """Stop campaigns of the plan that are being sent at this moment; those that have ended stay as they are."""
    handed = Touch.objects.filter(
        promotion=promotion, kind__in=list(kinds), status=TouchStatus.DONE, campaign_id__isnull=False
    )
    for campaign_id in handed.values_list("campaign_id", flat=True):
        campaigning.cancel(campaign_id)


def note(promotion: Promotion, words: str) -> None:
    """A line of the plan's history."""
    line = {"at": utc_text(timezone.now()), "words": words[:300]}
    promotion.history = [*promotion.history, line][-100:]
    Promotion.objects.filter(pk=promotion.pk).update(history=promotion.history)


def check_alive(promotion: Promotion) -> None:
    """Raise IllegalMove where the plan has ended."""
    if promotion.status in (PromotionStatus.CANCELLED, PromotionStatus.COMPLETED):
        raise IllegalMove("promotion", promotion.status, "changed")


def locked(promotion_id: UUID) -> Promotion:
    """A promotion, locked; the first lock of every act on a plan."""
    row: Promotion | None = Promotion.objects.select_for_update(of=("self",)).filter(pk=promotion_id).first()
    if row is None:
        raise PromotionNotFound
    return row
