"""The demo: a club with accounts at the stand-in, pictures, and posts that go out while one looks."""

import logging
from datetime import timedelta
from io import BytesIO
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests
from django.utils import timezone
from PIL import Image, ImageDraw

from social import connecting
from social.library.keeping import add_media
from social.library.serving import public_url
from social.models import Connection, Network
from social.networks import meta
from social.networks.addresses import is_sandbox
from social.posts import Words, schedule_post, write_post
from social.sandbox_address import sandbox_url
from social.series import set_slots
from tenants.errors import DomainError
from tenants.models import Tenant

logger = logging.getLogger(__name__)
SECONDS: Final = 20
SESSION: Final = "demo"
PICTURES: Final = (
    ("Ninth green", (46, 125, 70), (130, 190, 230)),
    ("Clubhouse terrace", (120, 90, 60), (240, 200, 150)),
)


def furnish(tenant: Tenant) -> None:
    """Connect the club to the stand-in and write its first posts; nothing where that is done, or it is not there."""
    if not is_sandbox() or Connection.objects.exists():
        return
    try:
        connect_club(tenant.name)
        _write()
    except (requests.RequestException, DomainError) as error:
        logger.warning("the demo of social publishing is left out: %s", error)


def connect_club(name: str) -> None:
    """Accounts on all networks under the club's name, in the open scope."""
    made = requests.post(f"{sandbox_url()}/control/account", json={"name": name}, timeout=SECONDS).json()
    back = public_url() + "/admin/social/accounts/connected/"
    begun = connecting.begin(network=Network.FACEBOOK, redirect_uri=back, session=SESSION)
    pages = ",".join(made["pages"])
    _agree(begun.url, {"scope": ",".join(meta.SCOPES), "person": made["person"], "pages": pages})
    begun = connecting.begin(network=Network.TWITTER, redirect_uri=back, session=SESSION)
    _agree(begun.url, {"user": made["x"]})


def _agree(url: str, choice: dict[str, Any]) -> None:
    """Say yes on a consent page, as a person does with the mouse."""
    address, _, query = url.partition("?")
    form = {**dict(parse_qsl(query)), **choice, "decision": "yes"}
    answer = requests.post(address, data=form, allow_redirects=False, timeout=SECONDS)
    given = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
    connecting.finish(state=given["state"][0], code=given["code"][0], session=SESSION)


def _write() -> None:
    accounts = {row.network: row for row in Connection.objects.all()}
    everywhere = [row.pk for row in accounts.values()]
    spoken = [accounts[Network.FACEBOOK].pk, accounts[Network.TWITTER].pk]
    files = [
        add_media(BytesIO(_drawn(*colours)), name=f"{name}.jpg", alt_text=name).pk
        for name, *colours in PICTURES
    ]
    for row in accounts.values():
        set_slots(row, [(day, 9 * 60) for day in (0, 2, 4)])
    now = timezone.now()
    for words, is_planned in (
        (Words(text="The ninth green is back in play. Thank you, greenkeepers!", media_ids=files[:1],
               connection_ids=everywhere, first_comment="Tee times are open."), True),
        (Words(text="{{ club.name }}: Sunday roast on the terrace, from noon.", media_ids=files,
               connection_ids=everywhere, scheduled_at=now + timedelta(days=2)), True),
        (Words(text="Rules evening on Thursday: ready golf, and why it works.", link="https://club.example/rules",
               connection_ids=spoken, scheduled_at=now + timedelta(days=4)), True),
        (Words(text="Junior camp in the holidays – who is in?", connection_ids=spoken), False),
    ):  # fmt: skip
        post = write_post(words)
        if is_planned:
            schedule_post(post.pk)


def _drawn(ground: tuple[int, int, int], sky: tuple[int, int, int]) -> bytes:
    """A landscape of two colours."""
    image = Image.new("RGB", (1200, 1200), sky)
    draw = ImageDraw.Draw(image)
    draw.ellipse((-400, 620, 1600, 2200), fill=ground)
    draw.ellipse((820, 160, 1000, 340), fill=(250, 235, 160))
    draw.line((640, 640, 640, 300), fill=(250, 250, 250), width=8)
    draw.polygon([(640, 300), (760, 345), (640, 390)], fill=(200, 60, 50))
    buffer = BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()
