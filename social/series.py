"""Times: posts that repeat, the slots of a queue, on the club's clock through both of its changes."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from social.errors import PostUnfit
from social.models import Connection, Post, PostStatus, QueueSlot, Target
from social.posts import Words, duplicate_post, get_post, schedule_post, whole_posts, write_post
from tenants.errors import DomainError, InvalidError
from tenants.one_by_one import within_each_club
from tenants.scope import all_tenants

SEARCHED: Final = timedelta(days=60)
MOST: Final = 50


def next_time(cron: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The next time of a cron expression on the club's clock; raises InvalidError."""
    try:
        return next(CronSim(cron, after.astimezone(zone)), None)
    except CronSimError as error:
        raise InvalidError(
            "Write five fields, as in “0 9 * * 1” for Mondays at nine.", field="repeats"
        ) from error


def extend_series(now: datetime | None = None) -> int:
    """The next post of each series whose last one's time has come; each once, by a constraint."""
    now = now or timezone.now()
    with all_tenants():
        later = Post.objects.filter(
            tenant_id=OuterRef("tenant_id"),
            series_id=OuterRef("series_id"),
            scheduled_at__gt=OuterRef("scheduled_at"),
        )
        # The last post of each series, the newest first: what cannot go on at present stands in nobody's way.
        due = list(
            Post.objects.exclude(repeats="")
            .filter(
                status__in=(PostStatus.PUBLISHED, PostStatus.FAILED, PostStatus.PUBLISHING),
                scheduled_at__lte=now,
            )
            .filter(~Exists(later), series_id__isnull=False, repeats_until__gt=now)
            .order_by("-scheduled_at", "pk")
            .values_list("pk", "tenant_id")[:MOST]
        )

    return within_each_club(due, partial(_extend, now=now), what="going on with a series")


def _extend(post_id: object, now: datetime) -> int:
    post: Post = whole_posts().get(pk=post_id)
    following = next_time(post.repeats, max(post.scheduled_at or now, now), post.tenant.zone)
    if following is None or post.repeats_until is None or following > post.repeats_until:
        return 0
    try:
        with transaction.atomic():
            made = write_post(_words(post, following))
            Post.objects.filter(pk=made.pk).update(
                series_id=post.series_id or uuid4(), approved_by_name=post.approved_by_name
            )
            schedule_post(made.pk)
    except (IntegrityError, PostUnfit, DomainError):
        return 0
    return 1


def _words(post: Post, at: datetime) -> Words:
    return Words(
        text=post.text,
        link=post.link,
        first_comment=post.first_comment,
        utm_campaign=post.utm_campaign,
        variants={one.network: one.text for one in post.variants.all()},
        connection_ids=[one.connection_id for one in post.targets.all()],
        media_ids=[use.media_id for use in sorted(post.media.all(), key=lambda use: use.position)],
        scheduled_at=at,
        repeats=post.repeats,
        repeats_until=post.repeats_until,
        is_duplicate_allowed=True,
        late_after_minutes=post.late_after_minutes,
    )


def requeue(post_id: UUID) -> Post:
    """An evergreen once more: a copy in the next free slot of its accounts' queues. Raises InvalidError without one."""
    source = get_post(post_id)
    accounts = [target.connection for target in source.targets.all()]
    free = [slot for row in accounts if (slot := next_free_slot(row)) is not None]
    if not free:
        raise InvalidError(
            "None of its accounts has a free slot. Add times to the queue first.", field="scheduledAt"
        )
    copy = duplicate_post(source.pk)
    return schedule_post(copy.pk, at=min(free))


def set_slots(connection: Connection, slots: list[tuple[int, int]]) -> None:
    """The times of the week at which an account publishes from its queue."""
    with transaction.atomic():
        QueueSlot.objects.filter(connection=connection).delete()
        QueueSlot.objects.bulk_create(
            QueueSlot(
                tenant_id=connection.tenant_id, connection=connection, weekday=weekday, minute_of_day=minute
            )
            for weekday, minute in dict.fromkeys(slots)
        )


def next_free_slot(connection: Connection, after: datetime | None = None) -> datetime | None:
    """The next time of the queue that no post of the account has; None without slots, or where all are taken."""
    after, zone = after or timezone.now(), connection.tenant.zone
    slots = list(QueueSlot.objects.filter(connection=connection).values_list("weekday", "minute_of_day"))
    if not slots:
        return None
    taken = set(
        Target.objects.filter(connection=connection, planned_at__gt=after, planned_at__lt=after + SEARCHED)
        .exclude(status="CANCELLED")
        .values_list("planned_at", flat=True)
    )
    day = after.astimezone(zone).date()
    for offset in range(SEARCHED.days):
        date = day + timedelta(days=offset)
        for weekday, minute in sorted(slots):
            moment = _on_clock(date, minute, zone)
            if date.weekday() == weekday and moment > after and moment not in taken:
                return moment
    return None


def _on_clock(day: object, minute: int, zone: ZoneInfo) -> datetime:
    """A time of the club's day; one that the clock skips is the first after the gap."""
    local = datetime.combine(day, datetime.min.time(), zone).replace(  # type: ignore[arg-type]
        hour=minute // 60, minute=minute % 60
    )
    # There and back through UTC, which moves a time that does not exist out of the gap.
    return local.astimezone(ZoneInfo("UTC")).astimezone(zone)
