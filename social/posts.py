"""Acts on posts: write, submit, approve, schedule, cancel, retry, decide, delete on the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from social import costs
from social.checking import Problem, problems_of
from social.contents import token_values
from social.errors import IllegalMove, PostNotFound, PostUnfit
from social.models import (
    Connection,
    ConnectionStatus,
    Media,
    Network,
    Post,
    PostMedia,
    PostStatus,
    PostVariant,
    Target,
    TargetStatus,
)
from social.models.post import EDITABLE, POST_MOVES
from social.publishing import settling
from social.publishing.limits import day_limit, planned_on
from social.publishing.states import settle_posts
from social.texts import fill, token_problem
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.errors import ForbiddenError, InvalidError
from tenants.models import Tenant
from tenants.scope import current_tenant_id

SAME_WORDS: Final = timedelta(days=1)
LONGEST: Final = {"text": 70_000, "link": 2_000, "first_comment": 8_000, "utm_campaign": 100}
MOST_MEDIA: Final = 20
# News is old after an hour; what is true on any day may come half a day late.
LATE_NEWS, LATE_TIMELESS, LATEST = 60, 720, 10_080


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a post says and where: the whole of what an editor sends."""

    text: str = ""
    link: str = ""
    first_comment: str = ""
    utm_campaign: str = ""
    variants: Mapping[str, str] | None = None
    connection_ids: Sequence[UUID] = ()
    media_ids: Sequence[UUID] = ()
    scheduled_at: datetime | None = None
    is_evergreen: bool = False
    is_duplicate_allowed: bool = False
    late_after_minutes: int | None = None
    repeats: str = ""
    repeats_until: datetime | None = None
    promotion_id: UUID | None = None
    campaign_id: UUID | None = None


def get_post(post_id: UUID) -> Post:
    """A post of the open scope with all that belongs to it; raises PostNotFound."""
    row: Post | None = whole_posts().filter(pk=post_id).first()
    if row is None:
        raise PostNotFound
    return row


def whole_posts() -> Any:
    """Posts with their accounts, variants and files, in a fixed number of queries."""
    return Post.objects.select_related("tenant").prefetch_related(
        "targets__connection", "variants", "media__media"
    )


def write_post(words: Words, *, post_id: UUID | None = None) -> Post:
    """Make a draft, or write over one. Raises InvalidError and IllegalMove."""
    _check_words(words)
    with transaction.atomic():
        post = _draft(post_id)
        for name in ("text", "link", "first_comment", "utm_campaign", "scheduled_at", "is_evergreen", "repeats",
                     "repeats_until", "campaign_id", "is_duplicate_allowed"):  # fmt: skip
            setattr(post, name, getattr(words, name))
        # Whoever writes a post of a plan anew does not take it out of the plan.
        post.promotion_id = words.promotion_id or post.promotion_id
        post.late_after_minutes = late_after(words)
        post.status, post.updated_at = PostStatus.DRAFT, timezone.now()
        post.save()
        _write_parts(post, words)
        log_action("post.written", subject_kind="post", subject_id=post.pk)
    return get_post(post.pk)


def late_after(words: Words) -> int:
    """From how many minutes on a post that an outage held up is a question: as it says, else by its kind."""
    if words.late_after_minutes is not None:
        return words.late_after_minutes
    return LATE_TIMELESS if words.is_evergreen or words.repeats else LATE_NEWS


def _check_words(words: Words) -> None:
    for name, most in LONGEST.items():
        if len(getattr(words, name)) > most:
            raise InvalidError(f"At most {most:,} characters.", field=name)
        if "\x00" in getattr(words, name):
            raise InvalidError("A null byte is no text.", field=name)
    if words.link and not words.link.startswith(("http://", "https://")):
        raise InvalidError("Write the whole address, with https:// in front.", field="link")
    if words.late_after_minutes is not None and not 0 <= words.late_after_minutes <= LATEST:
        raise InvalidError(f"Minutes, from 0 to {LATEST:,}.", field="late_after_minutes")
    if len(words.media_ids) > MOST_MEDIA:
        raise InvalidError(f"At most {MOST_MEDIA} files.", field="media_ids")
    if words.repeats and words.repeats_until is None:
        raise InvalidError("Say when the series ends.", field="repeats_until")
    unknown = set(words.variants or {}) - set(Network.values)
    if unknown:
        raise InvalidError(f"Unknown network: {', '.join(sorted(unknown))}.", field="variants")


def _draft(post_id: UUID | None) -> Post:
    if post_id is None:
        actor = current_actor()
        return Post(
            id=uuid4(),
            tenant_id=current_tenant_id(),
            created_by_id=actor.id[:250],
            created_by_name=actor.name[:250],
        )
    post: Post | None = Post.objects.select_for_update().filter(pk=post_id).first()
    if post is None:
        raise PostNotFound
    if post.status not in EDITABLE:
        raise IllegalMove("post", post.status, "edited")
    return post


def _write_parts(post: Post, words: Words) -> None:
    tenant_id = post.tenant_id
    accounts = list(Connection.objects.filter(pk__in=words.connection_ids).values_list("pk", flat=True))
    files = set(Media.objects.filter(pk__in=words.media_ids).values_list("pk", flat=True))
    if len(accounts) != len(set(words.connection_ids)):
        raise InvalidError("One of these accounts is not connected.", field="connection_ids")
    if files != set(words.media_ids):
        raise InvalidError("One of these files is not in the library.", field="media_ids")
    PostVariant.objects.filter(post=post).delete()
    PostMedia.objects.filter(post=post).delete()
    Target.objects.filter(post=post).delete()
    PostVariant.objects.bulk_create(
        PostVariant(tenant_id=tenant_id, post=post, network=network, text=text)
        for network, text in (words.variants or {}).items()
        if text.strip()
    )
    PostMedia.objects.bulk_create(
        PostMedia(tenant_id=tenant_id, post=post, media_id=media_id, position=place)
        for place, media_id in enumerate(dict.fromkeys(words.media_ids))
    )
    when = words.scheduled_at or timezone.now()
    Target.objects.bulk_create(
        Target(tenant_id=tenant_id, post=post, connection_id=account, planned_at=when, due_at=when)
        for account in accounts
    )


# --- What would go wrong ---------------------------------------------------------------------------------------------


def problems_of_post(post: Post) -> list[Problem]:
    """What each network would refuse, and what staff should know, before any call."""
    values, found = token_values(post), []
    variants = {one.network: one.text for one in post.variants.all()}
    media = [use.media for use in sorted(post.media.all(), key=lambda use: use.position)]
    targets = list(post.targets.all())
    if not targets:
        found.append(Problem("", "connectionIds", "Choose at least one account."))
    for network in sorted({target.connection.network for target in targets}):
        text = variants.get(network, post.text)
        broken = token_problem(text, values)
        if broken:
            found.append(Problem(network, "text", f"A token is wrong: {broken}"))
            continue
        found += problems_of(
            network=network, text=fill(text, values), link=post.link, media=media, comment=post.first_comment
        )
    found += account_problems(post, [target.connection for target in targets])
    return found


def account_problems(post: Post, accounts: Sequence[Connection]) -> list[Problem]:
    """What accounts would refuse of a post: dead ones, full days, the same words twice. The post need not be saved."""
    found = []
    for account in accounts:
        if account.status != ConnectionStatus.ACTIVE:
            found.append(
                Problem(account.network, "connectionIds", f"{account.account_name} must be connected again.")
            )
        found += _day_problems(post, account)
        if not post.is_duplicate_allowed and _said_before(post, account):
            found.append(
                Problem(
                    account.network, "text", f"The same words go out on {account.account_name} within a day."
                )
            )
    return found


def _day_problems(post: Post, account: Connection) -> list[Problem]:
    most = day_limit(account)
    if most is None or post.scheduled_at is None:
        return []
    local = post.scheduled_at.astimezone(post.tenant.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    others = planned_on(account, local) - (1 if post.status == PostStatus.SCHEDULED else 0)
    if others < most:
        return []
    message = f"This is post {others + 1} of {most} for that day on {account.account_name}."
    return [Problem(account.network, "scheduledAt", message)]


def _said_before(post: Post, account: Connection) -> bool:
    when = post.scheduled_at or timezone.now()
    same = Target.objects.filter(
        connection=account,
        post__text=post.text,
        post__link=post.link,
        planned_at__gt=when - SAME_WORDS,
        planned_at__lt=when + SAME_WORDS,
    ).exclude(status__in=(TargetStatus.CANCELLED, TargetStatus.FAILED))
    drafts = (PostStatus.DRAFT, PostStatus.IN_REVIEW, PostStatus.CANCELLED)
    return bool(post.text and same.exclude(post_id=post.pk).exclude(post__status__in=drafts).exists())


# --- From draft to the queue -----------------------------------------------------------------------------------------


def needs_approval(tenant: Tenant) -> bool:
    """Whether a second person must agree (setting `approvePosts`)."""
    return bool(tenant.settings.get("approvePosts"))


def schedule_post(post_id: UUID, *, at: datetime | None = None) -> Post:
    """Put a draft into the queue, or before a second person; `at` None: its own time, else now.

    Raises PostUnfit where a network would refuse it, and InvalidError past X's ceiling of the month.
    """
    with transaction.atomic():
        post = _locked(post_id)
        if post.status not in (PostStatus.DRAFT, PostStatus.IN_REVIEW):
            raise IllegalMove("post", post.status, PostStatus.SCHEDULED)
        post.scheduled_at = max(
            at or post.scheduled_at or timezone.now(), timezone.now() - timedelta(minutes=1)
        )
        _check_fit(post)
        if needs_approval(post.tenant) and not post.approved_by_name:
            _move(post, PostStatus.IN_REVIEW)
        else:
            _enqueue(post)
        log_action("post.scheduled", subject_kind="post", subject_id=post.pk, details={"status": post.status})
    return get_post(post_id)


def _check_fit(post: Post) -> None:
    refused = [one for one in problems_of_post(post) if one.is_refused]
    if refused:
        raise PostUnfit([one.as_dict() for one in refused])
    price = costs.cost_of_post(post)
    most = costs.ceiling(post.tenant)
    if price and costs.spent_this_month() + price > most:
        raise InvalidError(
            f"With this post X would cost more than {costs.dollars(most)} this month, the ceiling of the club.",
            field="platforms",
            code="X_CEILING",
        )


def _enqueue(post: Post) -> None:
    """Due at its time, on every account."""
    if post.repeats and post.series_id is None:
        post.series_id = uuid4()
    _move(post, PostStatus.SCHEDULED)
    when = post.scheduled_at or timezone.now()
    drafts = Target.objects.filter(post=post, status=TargetStatus.DRAFT)
    drafts.update(status=TargetStatus.WAITING, planned_at=when, due_at=when)


def approve_post(post_id: UUID) -> Post:
    """The second person agrees; nobody agrees to their own. Raises ForbiddenError."""
    actor = current_actor()
    with transaction.atomic():
        post = _locked(post_id)
        if post.status != PostStatus.IN_REVIEW:
            raise IllegalMove("post", post.status, "approved")
        if actor.id == post.created_by_id:
            raise ForbiddenError("A second person must approve this post.", code="OWN_POST")
        post.approved_by_name = actor.name[:250] or "Somebody"
        post.scheduled_at = max(post.scheduled_at or timezone.now(), timezone.now() - timedelta(minutes=1))
        _enqueue(post)
        log_action("post.approved", subject_kind="post", subject_id=post.pk)
    return get_post(post_id)


def send_back(post_id: UUID, *, note: str) -> Post:
    """Back to its writer, with a reason."""
    with transaction.atomic():
        post = _locked(post_id)
        if post.status != PostStatus.IN_REVIEW:
            raise IllegalMove("post", post.status, PostStatus.DRAFT)
        post.review_note = note[:2000]
        _move(post, PostStatus.DRAFT)
        log_action("post.sent_back", subject_kind="post", subject_id=post.pk)
    return get_post(post_id)


def unschedule_post(post_id: UUID) -> Post:
    """Back to a draft, as long as nothing of it is going out."""
    with transaction.atomic():
        post = _locked(post_id)
        if post.status != PostStatus.SCHEDULED:
            raise IllegalMove("post", post.status, PostStatus.DRAFT)
        targets = Target.objects.filter(post=post)
        idle = targets.filter(status__in=(TargetStatus.WAITING, TargetStatus.HELD))
        if idle.update(status=TargetStatus.DRAFT) != targets.exclude(status=TargetStatus.CANCELLED).count():
            raise IllegalMove("post", PostStatus.PUBLISHING, PostStatus.DRAFT)
        post.approved_by_name = ""
        _move(post, PostStatus.DRAFT)
        log_action("post.unscheduled", subject_kind="post", subject_id=post.pk)
    return get_post(post_id)


def move_post(post_id: UUID, *, at: datetime) -> Post:
    """Another time for a post that waits."""
    with transaction.atomic():
        post = _locked(post_id)
        if post.status not in (PostStatus.DRAFT, PostStatus.IN_REVIEW, PostStatus.SCHEDULED):
            raise IllegalMove("post", post.status, "moved")
        if at < timezone.now() - timedelta(minutes=1):
            raise InvalidError("That time is past.", field="scheduledAt")
        post.scheduled_at = at
        post.save(update_fields=["scheduled_at"])
        states = (TargetStatus.DRAFT, TargetStatus.WAITING)
        Target.objects.filter(post=post, status__in=states).update(planned_at=at, due_at=at)
        held = Target.objects.filter(post=post, status=TargetStatus.HELD)
        held.update(status=TargetStatus.WAITING, planned_at=at, due_at=at)
        log_action("post.moved", subject_kind="post", subject_id=post.pk)
    return get_post(post_id)


def cancel_post(post_id: UUID) -> Post:
    """Nothing more of it goes out. What a worker holds already goes out, or not: cancel and claim exclude each other.

    Raises IllegalMove where nothing waits any more.
    """
    with transaction.atomic():
        post = _locked(post_id)
        waiting = Target.objects.filter(post=post, status__in=(TargetStatus.WAITING, TargetStatus.HELD))
        if post.status in EDITABLE:
            Target.objects.filter(post=post, status=TargetStatus.DRAFT).update(status=TargetStatus.CANCELLED)
            _move(post, PostStatus.CANCELLED)
        elif not waiting.filter(lease=None).update(status=TargetStatus.CANCELLED):
            raise IllegalMove("post", post.status, PostStatus.CANCELLED)
        settle_posts([post.pk])
        log_action("post.cancelled", subject_kind="post", subject_id=post.pk)
    return get_post(post_id)


def retry_post(post_id: UUID) -> Post:
    """Try what failed once more, now."""
    return _again(post_id, TargetStatus.FAILED, "post.retried")


def release_post(post_id: UUID) -> Post:
    """Late or not: it shall go out now."""
    return _again(post_id, TargetStatus.HELD, "post.released")


def _again(post_id: UUID, status: str, act: str) -> Post:
    now = timezone.now()
    with transaction.atomic():
        post = _locked(post_id)
        fresh = {"planned_at": now, "due_at": now, "tries": 0, "looks": 0, "problem": "", "problem_text": ""}
        if not Target.objects.filter(post=post, status=status).update(status=TargetStatus.WAITING, **fresh):
            raise IllegalMove("post", post.status, PostStatus.SCHEDULED)
        settle_posts([post.pk])
        log_action(act, subject_kind="post", subject_id=post.pk)
    return get_post(post_id)


def decide_target(post_id: UUID, target_id: UUID, *, network_post_id: str | None) -> Post:
    """What a human saw on the network: which post is ours, or none."""
    post = get_post(post_id)
    target = next((one for one in post.targets.all() if one.pk == target_id), None)
    if target is None:
        raise PostNotFound
    settling.decide(target, post_id=network_post_id)
    log_action("post.decided", subject_kind="post", subject_id=post.pk)
    return get_post(post_id)


def duplicate_post(post_id: UUID) -> Post:
    """A new draft with the same words, files and accounts."""
    post = get_post(post_id)
    return write_post(
        Words(
            text=post.text,
            link=post.link,
            first_comment=post.first_comment,
            utm_campaign=post.utm_campaign,
            variants={one.network: one.text for one in post.variants.all()},
            connection_ids=[one.connection_id for one in post.targets.all()],
            media_ids=[use.media_id for use in sorted(post.media.all(), key=lambda use: use.position)],
            is_evergreen=post.is_evergreen,
            late_after_minutes=post.late_after_minutes,
        )
    )


def _locked(post_id: UUID) -> Post:
    """The post, locked; the first lock of every act, so that acts and workers come one after the other."""
    if not Post.objects.select_for_update(of=("self",)).filter(pk=post_id).exists():
        raise PostNotFound
    Post.objects.select_for_update(of=("self",)).filter(pk=post_id).first()
    return get_post(post_id)


def _move(post: Post, after: str) -> None:
    before = PostStatus(post.status)
    if after != before and PostStatus(after) not in POST_MOVES[before]:
        raise IllegalMove("post", before, after)
    post.status, post.updated_at = after, timezone.now()
    post.save()
