"""The Messaging service's templates of a club, for people who choose one; kept for a minute."""

import logging
from dataclasses import dataclass
from typing import Any, Final

import orjson

from messaging.gateway import Outage, Refused, Unclear, gateway
from tenants.models import Tenant
from tenants.redis_client import RedisError, redis_client

logger = logging.getLogger(__name__)
KEPT_SECONDS: Final = 60
# A service that is away is not waited for at each page.
AWAY_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class Template:
    """A template as the service tells it; `body` may be empty where the service keeps it to itself."""

    id: str
    channel: str
    name: str
    subject: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Templates:
    """What there is to choose from; `is_known` is false while the service does not answer."""

    rows: tuple[Template, ...]
    is_known: bool = True

    def of(self, channel: str) -> list[Template]:
        """Those for a channel, by name."""
        return [one for one in self.rows if one.channel == channel]

    def find(self, template_id: str) -> Template | None:
        """The template of an id."""
        return next((one for one in self.rows if one.id == template_id), None)


def templates_of(tenant: Tenant) -> Templates:
    """The club's templates, some seconds old at most; an unknown list while the service is away."""
    name = f"crm:templates:{tenant.pk}"
    kept = _kept(name)
    if kept is None:
        kept = _asked(tenant)
        _keep(name, kept)
    rows = kept["rows"]
    return Templates(tuple(Template(**row) for row in rows), is_known=kept["isKnown"])


def _asked(tenant: Tenant) -> dict[str, Any]:
    try:
        found = gateway().templates(str(tenant.pk))
    except (Outage, Unclear, Refused) as problem:
        logger.warning("the templates cannot be read: %s", problem)
        return {"rows": [], "isKnown": False}
    fields = ("id", "channel", "name", "subject", "body")
    rows = [{field: str(row.get(field) or "") for field in fields} for row in found]
    return {"rows": rows, "isKnown": True}


def _kept(name: str) -> dict[str, Any] | None:
    try:
        text: Any = redis_client().get(name)
    except RedisError:
        return None
    value: dict[str, Any] | None = orjson.loads(text) if text else None
    return value


def _keep(name: str, value: dict[str, Any]) -> None:
    try:
        redis_client().set(name, orjson.dumps(value), ex=KEPT_SECONDS if value["isKnown"] else AWAY_SECONDS)
    except RedisError:
        logger.warning("the templates are not kept")
