"""One post: where it stands on each account, every call in words, its numbers, and what can be done."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone

from messaging.clocks import instant, said_if_skipped
from social import after_publishing, posts
from social.admin.formatting import LOGOS, TONES, dollars, explanation, line_of, sums
from social.costs import cost_of_post
from social.errors import PostNotFound
from social.measuring import latest_of, measure_post
from social.models import Attempt, Post, PostStatus, Target, TargetStatus
from social.series import requeue
from tenants.admin.base import messages, request_may
from tenants.admin.formatting import moment
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.roles import Right

OK: Final = 200
NUMBERS: Final = ("views", "reach", "likes", "comments", "shares", "clicks", "saves")
SAID: Final = {
    "schedule": "It is in the queue.",
    "unschedule": "It is a draft again.",
    "cancel": "What was waiting does not go out.",
    "retry": "It is tried once more.",
    "release": "It goes out now.",
    "approve": "Approved.",
    "send_back": "Sent back to its writer.",
    "measure": "The networks were asked.",
    "edit_there": "Changed on the network.",
    "delete_there": "Deleted on the network.",
    "reply_there": "The reply is out.",
    "comment_again": "The comment is written again.",
}


# Acts that make another post, and the page on which it is shown.
COPIES: Final = {"duplicate": "admin:social_post_edit", "requeue": "admin:social_post"}
COPY_ACTS: Final[dict[str, Callable[[UUID], Post]]] = {
    "duplicate": posts.duplicate_post,
    "requeue": requeue,
}
# Acts on one account's post that is out.
THERE: Final[dict[str, Callable[[UUID, UUID, str], object]]] = {
    "edit_there": lambda post, target, text: after_publishing.edit_there(post, target, text=text),
    "delete_there": lambda post, target, text: after_publishing.delete_there(post, target),
    "reply_there": lambda post, target, text: after_publishing.reply_there(post, target, text=text),
    "comment_again": lambda post, target, text: after_publishing.comment_again(post, target),
}


@page("social/posts/<uuid:post_id>/", name="social_post", right=Right.VIEW_PROFILES)
def social_post(request: StaffRequest, post_id: object) -> HttpResponse:
    """One post."""
    post = _post_or_404(post_id)
    targets = list(post.targets.all())
    attempts: dict[UUID, list[Any]] = {}
    for row in Attempt.objects.filter(target__post=post).order_by("started_at", "pk"):
        attempts.setdefault(row.target_id, []).append(line_of(row))
    numbers = latest_of([one.pk for one in targets])
    mills = cost_of_post(post)
    return show(
        request,
        "social/post.html",
        "Post",
        post=post,
        tone=TONES[post.status],
        targets=[_target(one, attempts.get(one.pk, []), numbers.get(one.pk)) for one in targets],
        sums=sums(post),
        media=[use.media for use in sorted(post.media.all(), key=lambda use: use.position)],
        problems=posts.problems_of_post(post)
        if post.status in (PostStatus.DRAFT, PostStatus.IN_REVIEW)
        else [],
        cost=dollars(mills, club_of(request)) if mills else "",
        may_edit=request_may(request, Right.EDIT),
        acts=_acts(post, targets),
        is_busy=post.status in (PostStatus.SCHEDULED, PostStatus.PUBLISHING, PostStatus.UNKNOWN),
        crumb={"link": reverse("admin:social_posts"), "title": "Social posts"},
    )


def _target(target: Target, lines: list[Any], numbers: dict[str, Any] | None) -> dict[str, Any]:
    known = [(name, numbers[name]) for name in NUMBERS if numbers and numbers[name] is not None]
    return {
        "row": target,
        "logo": LOGOS[target.connection.network],
        "tone": TONES[target.status],
        "why": explanation(target),
        "lines": lines,
        "numbers": known,
        "numbers_at": numbers["at"] if numbers else None,
        "is_out": target.status == TargetStatus.PUBLISHED and target.deleted_at is None,
        "may_change": target.connection.network in after_publishing.EDITABLE_THERE,
        "may_comment": bool(target.problem) and not target.comment_id and target.comment_due_at is None,
    }


def _acts(post: Post, targets: list[Target]) -> set[str]:
    """Which buttons make sense now."""
    states = {one.status for one in targets}
    found = set()
    if post.status == PostStatus.DRAFT:
        found |= {"edit", "schedule", "cancel"}
    if post.status == PostStatus.IN_REVIEW:
        found |= {"edit", "approve", "send_back", "cancel"}
    if post.status == PostStatus.SCHEDULED:
        found |= {"unschedule", "cancel"}
    if TargetStatus.HELD in states:
        found |= {"release", "cancel"}
    if TargetStatus.FAILED in states:
        found.add("retry")
    if TargetStatus.PUBLISHED in states:
        found.add("measure")
    return found | {"duplicate"}


@page("social/posts/<uuid:post_id>/act/", name="social_post_act", right=Right.EDIT)
def social_post_act(request: StaffRequest, post_id: object) -> HttpResponse:
    """Do something with a post."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    post, act = _post_or_404(post_id), request.POST.get("act", "")
    link = reverse("admin:social_post", args=[post.pk])
    try:
        if act in COPIES:
            name, copy = COPIES[act], COPY_ACTS[act](post.pk)
            return HttpResponseRedirect(reverse(name, args=[copy.pk]))
        target_id = uuid_or_none(request.POST.get("target", ""))
        if act == "decide" and target_id is not None:
            chosen = request.POST.get("network_post_id") or None
            posts.decide_target(post.pk, target_id, network_post_id=chosen)
            messages.success(request, "Thank you; it is settled.")
        elif act in THERE and target_id is not None:
            THERE[act](post.pk, target_id, request.POST.get("text", ""))
            messages.success(request, SAID[act])
        elif act in SAID and act not in THERE:
            _do(act, post, request)
            messages.success(request, SAID[act])
    except DomainError as refusal:
        for problem in refusal.extra.get("problems") or [{"message": refusal.message}]:
            messages.error(request, problem["message"])
    return HttpResponseRedirect(link)


def _do(act: str, post: Post, request: StaffRequest) -> None:
    simple: dict[str, Callable[[UUID], object]] = {
        "schedule": posts.schedule_post,
        "unschedule": posts.unschedule_post,
        "cancel": posts.cancel_post,
        "retry": posts.retry_post,
        "release": posts.release_post,
        "approve": posts.approve_post,
    }
    if act == "send_back":
        posts.send_back(post.pk, note=request.POST.get("note", ""))
    elif act == "measure":
        measure_post(post)
    else:
        simple[act](post.pk)


def _post_or_404(post_id: object) -> Post:
    key = uuid_or_none(str(post_id))
    try:
        if key is None:
            raise PostNotFound
        return posts.get_post(key)
    except PostNotFound as missing:
        raise Http404 from missing


@page("social/posts/<uuid:post_id>/move/", name="social_post_move", right=Right.EDIT)
def social_post_move(request: StaffRequest, post_id: object) -> HttpResponse:
    """To another day at the same time of the club's clock, as it is dragged in the calendar."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    post, club = _post_or_404(post_id), club_of(request)
    is_script = request.headers.get("X-Requested-With") == "fetch"
    status = OK
    try:
        day = date.fromisoformat(request.POST.get("day", "")[:10])
        present = (post.scheduled_at or timezone.now()).astimezone(club.zone)
        wall = datetime.combine(day, present.time().replace(second=0, microsecond=0))
        at = instant(wall, club.zone)
        posts.move_post(post.pk, at=at)
        words = f"Moved. It goes out {moment(at, club)}.{said_if_skipped(wall, club.zone)}{_warned(post.pk)}"
    except ValueError:
        words, status = "This is no day.", 422
    except DomainError as refusal:
        words, status = refusal.message, 409
    # The script loads the page anew, which then says it.
    messages.info(request, words if status == OK else f"Not moved: {words}")
    if is_script:
        return JsonResponse({"message": words}, status=status)
    return HttpResponseRedirect(f"{reverse('admin:campaign_calendar')}?day={request.POST.get('day', '')}")


def _warned(post_id: UUID) -> str:
    """What the new day would not take, in one sentence after others; "" where all is well."""
    post = posts.get_post(post_id)
    found = posts.account_problems(post, [one.connection for one in post.targets.all()])
    return f" {found[0].message}" if found else ""
