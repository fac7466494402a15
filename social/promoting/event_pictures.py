"""The picture that an event brings: fetched outside any transaction, made fit, given to the posts of its plan.

Where it cannot be had the plan goes on without it and says so; what staff choose is never replaced.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import requests
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from events.fetching import NotFetched, fetch
from social.checking import NARROWEST, WIDEST
from social.errors import IllegalMove
from social.library.keeping import add_picture
from social.library.pictures import MOST_BYTES, RATIOS, PictureRefused, make_fit
from social.library.storage import BucketFailed
from social.models import Media, Promotion, PromotionStatus, Touch, TouchStatus
from social.networks.addresses import is_sandbox
from social.promoting.actions import locked, note, renew
from social.sandbox_address import sandbox_url
from tenants.one_by_one import first_of_each_club, within_each_club
from tenants.sandboxes import is_sandbox as is_sandbox_club
from tenants.scope import all_tenants

MOST_OF_CLUB: Final = 3
# Longer than fetching, making fit and storing take; a worker that dies leaves it due again.
LEASE: Final = timedelta(minutes=3)
AGAIN: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
OVER: Final = (PromotionStatus.CANCELLED, PromotionStatus.COMPLETED)
DIED: Final = "Its file cannot be worked on."
NOTHING_LEAVES: Final = "Nothing is fetched for a sandbox."
ACCEPT: Final = "image/jpeg, image/png, image/webp, image/*;q=0.5"
# Names of the demo: they exist nowhere (RFC 2606), and its stand-in draws what they would show.
OF_DEMO: Final = ".example"
DEMO_SECONDS: Final = 10


def fetch_due(now: datetime | None = None) -> int:
    """Fetch the pictures that are due; returns how many were tried. Idempotent by a lease in the row."""
    now = now or timezone.now()
    with all_tenants():
        waiting = Promotion.objects.filter(picture_due_at__lte=now)
        found = list(
            first_of_each_club(waiting, "picture_due_at", MOST_OF_CLUB).values_list("pk", "tenant_id")
        )

    return within_each_club(found, partial(_fetch_one, now=now), what="fetching the picture of an event")


def _fetch_one(promotion_id: UUID, now: datetime) -> int:
    taken = Promotion.objects.filter(pk=promotion_id, picture_due_at__lte=now).update(
        picture_due_at=max(now, timezone.now()) + LEASE, picture_tries=F("picture_tries") + 1
    )
    row = Promotion.objects.filter(pk=promotion_id).first()
    if not taken or row is None:
        return 0
    url = str(row.facts.get("imageUrl") or "")
    try:
        if row.picture_tries > len(AGAIN) + 1:
            raise NotFetched(DIED)
        media = _kept(url, row.name)
    except NotFetched as refused:
        _go_without(row, url, refused)
    else:
        _show(row, url, media)
    return 1


def _kept(url: str, name: str) -> Media:
    """The picture in the library; raises NotFetched."""
    content = _content(url)
    try:
        return add_picture(
            content, ratio=_shape(content), fills=True, name=f"{name[:190]}.jpg", alt_text=name
        )
    except PictureRefused as refused:
        raise NotFetched(str(refused)) from refused
    except (BucketFailed, OSError) as error:
        raise NotFetched("The library cannot keep it now.", is_passing=True) from error


def _content(url: str) -> bytes:
    with suppress(ValueError):
        parts = urlsplit(url)
        if is_sandbox() and (parts.hostname or "").endswith(OF_DEMO):
            return _drawn(f"{parts.hostname}{parts.path}")
    if is_sandbox_club():
        raise NotFetched(NOTHING_LEAVES)
    return fetch(url, longest=MOST_BYTES, accept=ACCEPT)


def _drawn(name: str) -> bytes:
    try:
        answer = requests.get(f"{sandbox_url()}/feeds/drawn/{name}", timeout=DEMO_SECONDS)
    except requests.RequestException as error:
        raise NotFetched("The stand-in is not there.", is_passing=True) from error
    return answer.content


def _shape(content: bytes) -> str:
    """The nearest shape that every network takes; "" where it has one already. Nothing of a poster is cut off."""
    picture = make_fit(content)
    ratio = picture.width / picture.height
    if NARROWEST <= ratio <= WIDEST:
        return ""
    return min(("4:5", "1.91:1"), key=lambda name: abs(RATIOS[name] - ratio))


def _go_without(row: Promotion, url: str, refused: NotFetched) -> None:
    """Note why, and when it is tried again; the plan goes on as it is."""
    delay = AGAIN[row.picture_tries - 1] if row.picture_tries <= len(AGAIN) else None
    again = timezone.now() + delay if refused.is_passing and delay is not None else None
    with transaction.atomic():
        promotion = locked(row.pk)
        if _is_wanted(promotion, url):
            Promotion.objects.filter(pk=row.pk).update(
                picture_due_at=again, picture_problem=refused.message[:300]
            )


def _show(row: Promotion, url: str, media: Media) -> None:
    """Give the picture to what is still to go out."""
    with transaction.atomic():
        promotion = locked(row.pk)
        if not _is_wanted(promotion, url):
            return
        promotion.picture_id, promotion.picture_due_at, promotion.picture_problem = media.pk, None, ""
        promotion.save(update_fields=["picture_id", "picture_due_at", "picture_problem"])
        note(promotion, "Its picture is fetched, and posts show it.")
        for touch in Touch.objects.filter(promotion=promotion, status=TouchStatus.PLANNED, channel="POST"):
            # What goes out at this moment goes out as it was.
            with suppress(IllegalMove):
                renew(promotion, touch)


def _is_wanted(promotion: Promotion, url: str) -> bool:
    """Whether the plan still waits for this very picture: staff may have chosen another, or the event have changed."""
    return (
        promotion.picture_due_at is not None
        and promotion.status not in OVER
        and promotion.facts.get("imageUrl") == url
    )
