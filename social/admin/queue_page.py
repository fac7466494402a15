"""The queue's times of the week for each account, and the library of evergreens."""

from typing import Final

from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from social import connecting
from social.contents import shown_texts
from social.errors import ConnectionNotFound
from social.measuring import best_hours
from social.models import Connection, ConnectionStatus, PostStatus, QueueSlot
from social.posts import whole_posts
from social.series import next_free_slot, set_slots
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, page, show, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.roles import Right

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_SLOTS: Final = 140
SHOWN: Final = 60
WORK_DAYS: Final = range(5)


@page("social/queue/", name="social_queue", right=Right.VIEW_PROFILES)
def social_queue(request: StaffRequest) -> HttpResponse:
    """Each account's times of the week, when its next free one is, and when its posts were seen most."""
    rows = list(
        Connection.objects.select_related("tenant")
        .exclude(status=ConnectionStatus.DISCONNECTED)
        .order_by("network", "account_name")
    )
    slots: dict[object, list[tuple[int, int]]] = {}
    for key, weekday, minute in QueueSlot.objects.values_list("connection_id", "weekday", "minute_of_day"):
        slots.setdefault(key, []).append((weekday, minute))
    return show(
        request,
        "social/queue.html",
        "Queue",
        rows=[
            {
                "row": row,
                "days": _week(slots.get(row.pk, [])),
                "is_empty": not slots.get(row.pk),
                "free": next_free_slot(row),
                "best": [f"{hour:02d}:00" for hour in best_hours(row)],
            }
            for row in rows
        ],
        may_edit=request_may(request, Right.EDIT),
        days=list(enumerate(DAYS)),
    )


def _week(slots: list[tuple[int, int]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each day with its times: as people read them, and as the form names them."""
    return [
        (
            name,
            [
                (f"{minute // 60:02d}:{minute % 60:02d}", f"{weekday}-{minute}")
                for weekday, minute in sorted(slots)
                if weekday == number
            ],
        )
        for number, name in enumerate(DAYS)
    ]


@page("social/queue/<uuid:connection_id>/act/", name="social_queue_act", right=Right.EDIT)
def social_queue_act(request: StaffRequest, connection_id: object) -> HttpResponse:
    """Add a time, take one away, or take over the best hours of working days."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row = _account_or_404(connection_id)
    rows = QueueSlot.objects.filter(connection=row)
    slots = list(rows.values_list("weekday", "minute_of_day"))
    if "remove" in request.POST:
        slots = [one for one in slots if f"{one[0]}-{one[1]}" != request.POST["remove"]]
    elif request.POST.get("act") == "best":
        slots += [(day, hour * 60) for day in WORK_DAYS for hour in best_hours(row)]
    else:
        minute = _minute(request.POST.get("time", ""))
        days = [int(one) for one in request.POST.getlist("days") if one in set("0123456")]
        if minute is None or not days:
            messages.error(request, "Choose a day and a time, as in 09:30.")
        else:
            slots += [(day, minute) for day in days]
    set_slots(row, slots[:MOST_SLOTS])
    return HttpResponseRedirect(f"{reverse('admin:social_queue')}#q{row.pk}")


def _minute(text: str) -> int | None:
    hour, _, minute = text.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and text.isascii() and len(text) == len("09:30")):
        return None
    number = int(hour) * 60 + int(minute)
    return number if int(hour) < 24 and int(minute) < 60 else None  # noqa: PLR2004 - of a clock


def _account_or_404(connection_id: object) -> Connection:
    key = uuid_or_none(str(connection_id))
    try:
        if key is None:
            raise ConnectionNotFound
        return connecting.get_connection(key)
    except ConnectionNotFound as missing:
        raise Http404 from missing


@page("social/evergreens/", name="social_evergreens", right=Right.VIEW_PROFILES)
def social_evergreens(request: StaffRequest) -> HttpResponse:
    """Posts that are kept to be used again, the longest unused first."""
    rows = whole_posts().filter(is_evergreen=True).exclude(status=PostStatus.CANCELLED)
    found = list(rows.order_by("scheduled_at", "created_at", "pk")[:SHOWN])
    texts = shown_texts(found)
    club = club_of(request)
    try:
        accounts = Connection.objects.select_related("tenant").filter(status=ConnectionStatus.ACTIVE)
        free = next((slot for row in accounts if (slot := next_free_slot(row)) is not None), None)
    except DomainError:
        free = None
    return show(
        request,
        "social/evergreens.html",
        "Evergreens",
        rows=[(post, texts[post.pk]) for post in found],
        free=free,
        zone=club.zone,
        may_edit=request_may(request, Right.EDIT),
        crumb={"link": reverse("admin:social_posts"), "title": "Social posts"},
    )
