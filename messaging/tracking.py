"""Links of our own in mails that we deliver ourselves: unsubscribe, preferences, opened, clicked.

Tokens are signed and name a row of the ledger; whoever has one can do to that one person's mails what a reader may.
"""

import os
import re
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from django.conf import settings
from django.core import signing

from tenants.scope import current_tenant_id

SALT: Final = "crm.messaging.tracking"
HREF: Final = re.compile(r"""(href\s*=\s*)(["'])(https?://[^"']+)\2""", re.IGNORECASE)
# Programs that fetch what they find: privacy proxies, security gateways, previews.
MACHINES: Final = re.compile(
    r"bot|crawl|spider|preview|scan|proxy|python|curl|wget|java/|go-http|headless|barracuda|mimecast|proofpoint|"
    r"GoogleImageProxy|YahooMailProxy|ms-office|safelinks|^mozilla/5\.0$",
    re.IGNORECASE,
)


class Row(Protocol):
    """A row of the ledger."""

    @property
    def id(self) -> int:
        """Its number."""


class Token(NamedTuple):
    """Which row a link is about; `url` is where a click leads."""

    tenant_id: UUID
    delivery_id: int
    url: str = ""


def sign(delivery_id: int, url: str = "") -> str:
    """A token for a row of the open scope's tenant."""
    value: list[Any] = [current_tenant_id().hex, delivery_id, *([url] if url else [])]
    return signing.dumps(value, salt=SALT, compress=True)


def read(token: str) -> Token | None:
    """What a token says; None for a forged one."""
    try:
        tenant, delivery_id, *rest = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return Token(UUID(tenant), int(delivery_id), *rest[:1])


def _address(kind: str, token: str) -> str:
    given = (
        str(settings.CRM_PUBLIC_URL).rstrip("/") or f"http://localhost:{int(os.environ.get('PORT') or 8000)}"
    )
    return f"{given}/m/{kind}/{token}"


def unsubscribe_url(row: Row) -> str:
    """A page that asks; a POST there unsubscribes at once."""
    return _address("unsubscribe", sign(row.id))


def tracked_html(html: str, row: Row) -> str:
    """The mail with links that are counted, a picture that tells of its opening, and the way out at its foot."""
    leave = unsubscribe_url(row)

    def through_us(found: "re.Match[str]") -> str:
        url = found.group(3).replace("&amp;", "&")
        return f"{found.group(1)}{found.group(2)}{_address('click', sign(row.id, url))}{found.group(2)}"

    foot = (
        f'<p style="font-size:12px"><a href="{leave}">Unsubscribe or change what we send you</a></p>'
        f'<img src="{_address("open", sign(row.id))}" width="1" height="1" alt="">'
    )
    made = HREF.sub(through_us, html)
    end = made.lower().rfind("</body>")
    return made[:end] + foot + made[end:] if end >= 0 else made + foot


def is_machine(user_agent: str, *, seconds_since_sent: float) -> bool:
    """Whether a program followed a link or loaded a picture: by its name, or faster than anybody reads."""
    return not user_agent or bool(MACHINES.search(user_agent)) or seconds_since_sent < 2.0  # noqa: PLR2004
