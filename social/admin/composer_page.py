"""Writing a post: the words, how each network shows them, and what it would refuse, while one writes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from messaging.clocks import instant
from social import costs, posts
from social.admin.formatting import LOGOS, dollars
from social.checking import problems_of
from social.contents import tagged_link, token_values
from social.errors import IllegalMove, PostNotFound, PostUnfit
from social.measuring import best_hours
from social.models import Connection, ConnectionStatus, Media, Network, Post
from social.models.post import EDITABLE
from social.posts import Words, get_post, schedule_post, write_post
from social.series import next_free_slot
from social.texts import X_LENGTH, fill, token_problem, weigh
from tenants.admin.base import messages
from tenants.admin.formatting import plural
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.numbers import whole_number
from tenants.roles import Right

SHOWN_FILES: Final = 24
FORM_TIME: Final = "%Y-%m-%dT%H:%M"
REPETITIONS: Final = {
    "daily": "Every day at that time",
    "weekly": "Every week on that day",
    "monthly": "Every month on that date",
}
LATENESS: Final = (
    (15, "after a quarter of an hour"),
    (60, "after an hour"),
    (720, "after half a day"),
    (4320, "after three days"),
)


@page("social/posts/new/", name="social_post_new", right=Right.EDIT)
def social_post_new(request: StaffRequest) -> HttpResponse:
    """A new post."""
    return _composer(request, None)


@page("social/posts/<uuid:post_id>/edit/", name="social_post_edit", right=Right.EDIT)
def social_post_edit(request: StaffRequest, post_id: object) -> HttpResponse:
    """A draft."""
    key = uuid_or_none(str(post_id))
    try:
        if key is None:
            raise PostNotFound
        post = get_post(key)
    except PostNotFound as missing:
        raise Http404 from missing
    if post.status not in EDITABLE:
        messages.warning(request, "Only drafts can be changed. Take the post out of the queue first.")
        return HttpResponseRedirect(reverse("admin:social_post", args=[post.pk]))
    return _composer(request, post)


@page("social/posts/preview/", name="social_preview", right=Right.EDIT)
def social_preview(request: StaffRequest) -> HttpResponse:
    """How each chosen network would show what is written; a piece of a page."""
    club = club_of(request)
    try:
        post = _known(request.GET.get("post", ""))
        words = words_of(request.POST, club, post)
    except InvalidError as refusal:
        return TemplateResponse(request, "social/preview.html", {"cards": [], "refusal": refusal.message})
    cards = cards_of(words, club, post)
    budget = ""
    if any(card["cost"] for card in cards):
        spent, most = dollars(costs.spent_this_month(), club), dollars(costs.ceiling(club), club)
        budget = f"X this month: {spent} of {most}, planned posts included."
    return TemplateResponse(request, "social/preview.html", {"cards": cards, "club": club, "budget": budget})


def _known(post_id: str) -> Post | None:
    key = uuid_or_none(post_id)
    return Post.objects.filter(pk=key).first() if key else None


def _composer(request: StaffRequest, post: Post | None) -> HttpResponse:
    refusals: list[str] = []
    if request.method == "POST":
        done = _save(request, post, refusals)
        if done is not None:
            return done
    club, given = club_of(request), _values(request, post)
    accounts = list(
        Connection.objects.exclude(status=ConnectionStatus.DISCONNECTED).order_by("network", "account_name")
    )
    chosen = set(given.getlist("accounts")) if request.method == "POST" else _chosen(post, accounts)
    picked = _files(request, post)
    return show(
        request,
        "social/composer.html",
        "Edit post" if post else "New post",
        status=422 if refusals else 200,
        post=post,
        values=given,
        accounts=[(row, str(row.pk) in chosen, LOGOS[row.network]) for row in accounts],
        files=[(row, str(row.pk) in picked) for row in _offered(picked)],
        variants=[(one, label, _variant(request, post, one)) for one, label in Network.choices],
        refusals=refusals,
        slot=_slot(accounts, club),
        best=_best(accounts, club),
        approves=posts.needs_approval(club),
        repetitions=_repetitions(given.get("repeats", "")),
        lateness=_lateness(given.get("late_after_minutes", "")),
        crumb={"link": reverse("admin:social_posts"), "title": "Social posts"},
    )


def _save(request: StaffRequest, post: Post | None, refusals: list[str]) -> HttpResponse | None:
    """Write the draft and, where asked, put it into the queue; None where something was refused."""
    try:
        words = words_of(request.POST, club_of(request), post)
        if _lacks_time(request, words):
            refusals.append("Choose when it goes out, or publish it now.")
            return None
        saved = write_post(words, post_id=post.pk if post else None)
    except (InvalidError, IllegalMove) as refusal:
        refusals.append(refusal.message)
        return None
    link = reverse("admin:social_post", args=[saved.pk])
    if request.POST.get("act") == "draft":
        messages.success(request, "Saved as a draft.")
        return HttpResponseRedirect(link)
    try:
        at = timezone.now() if request.POST.get("act") == "now" else words.scheduled_at
        done = schedule_post(saved.pk, at=at)
    except (PostUnfit, InvalidError, IllegalMove) as refusal:
        problems = refusal.extra.get("problems") or [{"message": refusal.message}]
        for problem in problems:
            messages.error(request, problem["message"])
        messages.info(request, "It is kept as a draft.")
        return HttpResponseRedirect(reverse("admin:social_post_edit", args=[saved.pk]))
    messages.success(
        request, "Waits for a second person." if done.status == "IN_REVIEW" else "It is in the queue."
    )
    return HttpResponseRedirect(link)


def _lacks_time(request: StaffRequest, words: Words) -> bool:
    """Whether somebody schedules without a time: they would be surprised to see it go out at once."""
    is_scheduled = request.POST.get("act") == "schedule" and not posts.needs_approval(club_of(request))
    return is_scheduled and words.scheduled_at is None


def words_of(given: Any, club: Tenant, post: Post | None = None) -> Words:
    """The form as the domain takes it, with what the form does not show; raises InvalidError."""
    at = _moment(given.get("scheduled_at", ""), club)
    return Words(
        text=given.get("text", "").replace("\r\n", "\n"),
        link=given.get("link", "").strip(),
        first_comment=given.get("first_comment", "").strip(),
        variants={
            one: given.get(f"variant_{one}", "").replace("\r\n", "\n")
            for one in Network.values
            if given.get(f"variant_{one}", "").strip()
        },
        connection_ids=_ids(given.getlist("accounts")),
        media_ids=_ids(given.getlist("media")),
        scheduled_at=at,
        utm_campaign=post.utm_campaign if post else "",
        is_evergreen=given.get("is_evergreen") == "on",
        is_duplicate_allowed=given.get("is_duplicate_allowed") == "on",
        late_after_minutes=_minutes(given.get("late_after_minutes", "")),
        repeats=repetition(given.get("repeats", ""), at or timezone.now(), club),
        repeats_until=_moment(given.get("repeats_until", ""), club),
        campaign_id=post.campaign_id if post else None,
    )


def repetition(given: str, at: datetime, club: Tenant) -> str:
    """A choice of the form as cron: at the time of the first post, on the club's clock; what is cron already stays."""
    if given not in REPETITIONS:
        return given
    local = at.astimezone(club.zone)
    days = {
        "daily": "* * *",
        "weekly": f"* * {local.isoweekday() % 7}",
        "monthly": f"{local.day} * *",
    }
    return f"{local.minute} {local.hour} {days[given]}"


def _repetitions(chosen: str) -> list[tuple[str, str, bool]]:
    """How often a post may go out again; the rule of one that is written already stands there as well."""
    offered = [("", "Once"), *REPETITIONS.items()]
    if chosen and chosen not in REPETITIONS:
        offered.insert(1, (chosen, f"As before ({chosen})"))
    return [(value, label, value == chosen) for value, label in offered]


def _lateness(chosen: str) -> list[tuple[str, str, bool]]:
    """From when on an outage makes the post a question; a time that is not offered stands there as it is."""
    offered = [("", "as its kind has it"), *((str(minutes), label) for minutes, label in LATENESS)]
    if chosen and chosen not in dict(offered):
        offered.append((chosen, f"after {chosen} minutes"))
    return [(value, label, value == chosen) for value, label in offered]


def _minutes(given: str) -> int | None:
    return whole_number(given, 99_999)


def _offered(picked: Sequence[str]) -> list[Media]:
    """The files of the post in their order, then the newest others."""
    by_id = {str(row.pk): row for row in Media.objects.filter(pk__in=_ids(list(picked)))}
    chosen = [by_id[key] for key in picked if key in by_id]
    others = Media.objects.exclude(pk__in=[row.pk for row in chosen]).order_by("-created_at", "pk")
    return [*chosen, *others[: max(0, SHOWN_FILES - len(chosen))]]


def _ids(values: list[str]) -> list[UUID]:
    return [key for key in map(uuid_or_none, values) if key is not None]


def _moment(text: str, club: Tenant) -> datetime | None:
    """A time of the form, on the club's clock."""
    if not text:
        return None
    try:
        return instant(datetime.strptime(text[:16], FORM_TIME), club.zone)
    except ValueError as error:
        raise InvalidError("This is no time.", field="scheduled_at") from error


def cards_of(words: Words, club: Tenant, post: Post | None = None) -> list[dict[str, Any]]:
    """A preview for each network that is chosen."""
    accounts = list(
        Connection.objects.filter(pk__in=words.connection_ids).order_by("network", "account_name")
    )
    by_id = {row.pk: row for row in Media.objects.filter(pk__in=words.media_ids)}
    files = [by_id[key] for key in words.media_ids if key in by_id]
    shell = Post(
        id=post.pk if post else uuid4(),
        tenant=club,
        text=words.text,
        link=words.link,
        promotion_id=post.promotion_id if post else None,
    )
    values, cards = token_values(shell), []
    shell.scheduled_at, shell.is_duplicate_allowed = words.scheduled_at, words.is_duplicate_allowed
    for network in dict.fromkeys(row.network for row in accounts):
        names = ", ".join(row.account_name for row in accounts if row.network == network)
        card = _card(network, words=words, files=files, shell=shell, values=values, names=names)
        for problem in posts.account_problems(shell, [row for row in accounts if row.network == network]):
            card["refused" if problem.is_refused else "warned"].append(problem.message)
        cards.append(card)
    return cards


def _card(
    network: str, *, words: Words, files: list[Media], shell: Post, values: Mapping[str, Any], names: str
) -> dict[str, Any]:
    text = (words.variants or {}).get(network, words.text)
    broken = token_problem(text, values)
    filled = text if broken else fill(text, values)
    problems = [] if broken else problems_of(
        network=network, text=filled, link=words.link, media=files, comment=words.first_comment
    )  # fmt: skip
    count = weigh(filled) if network == Network.TWITTER else None
    described = sum(1 for one in files if one.alt_text)
    mills = costs.cost_of(text=filled, link=words.link, described=described, comment=words.first_comment)
    return {
        "network": network,
        "label": Network(network).label,
        "logo": LOGOS[network],
        "names": names,
        "text": filled,
        "link": tagged_link(shell, network) if network != Network.INSTAGRAM else "",
        "files": files[:4],
        "more_files": max(0, len(files) - 4),
        "broken": broken,
        "refused": [one.message for one in problems if one.is_refused] if filled or files else [],
        "warned": [one.message for one in problems if not one.is_refused],
        "count": f"{count.total} of {X_LENGTH}"
        if count
        else plural(len(filled), "character", club=shell.tenant),
        "reasons": count.reasons if count else (),
        "is_over": bool(count and count.left < 0),
        "cost": dollars(mills, shell.tenant) if network == Network.TWITTER and filled else "",
        "comment": words.first_comment,
    }


def _values(request: StaffRequest, post: Post | None) -> Any:
    """What the form shows."""
    if request.method == "POST":
        return request.POST
    zone = club_of(request).zone
    return {
        "text": post.text if post else "",
        "link": post.link if post else "",
        "first_comment": post.first_comment if post else "",
        "scheduled_at": post.scheduled_at.astimezone(zone).strftime(FORM_TIME)
        if post and post.scheduled_at
        else "",
        "is_evergreen": post.is_evergreen if post else False,
        "is_duplicate_allowed": post.is_duplicate_allowed if post else False,
        "late_after_minutes": str(post.late_after_minutes) if post and _has_own_lateness(post) else "",
        "repeats": post.repeats if post else "",
        "repeats_until": post.repeats_until.astimezone(zone).strftime(FORM_TIME)
        if post and post.repeats_until
        else "",
    }


def _has_own_lateness(post: Post) -> bool:
    kind = Words(is_evergreen=post.is_evergreen, repeats=post.repeats)
    return post.late_after_minutes != posts.late_after(kind)


def _chosen(post: Post | None, accounts: list[Connection]) -> set[str]:
    if post is None:
        return {
            str(row.pk)
            for row in accounts
            if row.status == ConnectionStatus.ACTIVE and row.network != "INSTAGRAM"
        }
    return {str(one.connection_id) for one in post.targets.all()}


def _files(request: StaffRequest, post: Post | None) -> list[str]:
    """The files that are chosen, in their order."""
    if request.method == "POST":
        return list(request.POST.getlist("media"))
    if post is None:
        return list(request.GET.getlist("media"))
    return [str(use.media_id) for use in sorted(post.media.all(), key=lambda use: use.position)]


def _variant(request: StaffRequest, post: Post | None, network: str) -> str:
    if request.method == "POST":
        return str(request.POST.get(f"variant_{network}", ""))
    return next((one.text for one in post.variants.all() if one.network == network), "") if post else ""


def _best(accounts: list[Connection], club: Tenant) -> list[tuple[str, str]]:
    """The next times of the hours at which the club's posts were seen most: as read, and as the form writes them."""
    hours = next((found for row in accounts if (found := best_hours(row))), [])
    now = timezone.now().astimezone(club.zone)
    times: list[tuple[str, str]] = []
    for hour in hours:
        at = now.replace(hour=hour, minute=0)
        at = at if at > now else at + timedelta(days=1)
        times.append((f"{at:%a %H:%M}", at.strftime(FORM_TIME)))
    return times


def _slot(accounts: list[Connection], club: Tenant) -> str:
    """The next free slot of the first account that has a queue, as the form writes it."""
    for row in accounts:
        try:
            free = next_free_slot(row)
        except DomainError:
            continue
        if free is not None:
            return free.astimezone(club.zone).strftime(FORM_TIME)
    return ""
