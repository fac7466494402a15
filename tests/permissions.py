"""The rows of the permission tables: each app's stand in `tests/<app>/permissions.py`, and are collected from there.

Such a module may have

* `REST`: a `Row` for each method of each route, with the status that every kind of caller gets;
* `PAGES`: a `Page` for each page of the back office, with the least role that may open it;
* `things(world)`: the arguments of the pages' addresses by name, and the key of a row (`object_id`) by the name of the
  table's pages, as in `{"name": "outbound", "tenants_user": 17}`;
* `state()`: what nobody who is refused may change, read inside the club's scope.

An app outside this repository's floors (`tests.sample`) has the module in its own package.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from pytest_django import Settings

from tenants.declarations import extensions
from tenants.models import Role
from tests.cast import Club
from tests.prepared import LastingSettings

# Callers in the order of the columns: each scope alone, then all scopes together.
CALLERS: Final = (
    *("anonymous", "expired", "read", "write", "admin", "campaigns", "social", "events"),
    *("key", "foreign", "stranger"),
)
#                       anon exp read writ admi camp soci even  key  foreign stranger
READ: Final = "          401 401  200  403  403  403  403  403  200  404     404"
MAKE: Final = "          401 401  403  201  403  403  403  403  201  404     404"
CHANGE: Final = "        401 401  403  200  403  403  403  403  200  404     404"
REMOVE: Final = "        401 401  403  204  403  403  403  403  204  404     404"
ADMINISTER: Final = "    401 401  403  403  200  403  403  403  200  404     404"
ADMIN_MAKE: Final = "    401 401  403  403  201  403  403  403  201  404     404"
ADMIN_QUEUE: Final = "   401 401  403  403  202  403  403  403  202  404     404"
ADMIN_REMOVE: Final = "  401 401  403  403  204  403  403  403  204  404     404"
CAMPAIGN: Final = "      401 401  403  403  403  200  403  403  200  404     404"
CAMPAIGN_MAKE: Final = " 401 401  403  403  403  201  403  403  201  404     404"
SOCIAL: Final = "        401 401  403  403  403  403  200  403  200  404     404"
SOCIAL_MAKE: Final = "   401 401  403  403  403  403  201  403  201  404     404"
SEE_EVENT: Final = "     401 401  200  403  403  403  403  200  200  404     404"
PUBLISH: Final = "       401 401  403  403  403  403  403  202  202  422     422"
OPEN: Final = "          200 200  200  200  200  200  200  200  200  200     200"
# The back office knows sessions only: whoever has none is sent to its log-in page.
TO_LOGIN: Final = "      302 302  302  302  302  302  302  302  302  302     302"

# From whom on upwards a page is open.
EVERYBODY, VIEWER, STAFF, MANAGER, ADMIN, OPERATOR, NOBODY = range(7)
RANK: Final = {Role.VIEWER: VIEWER, Role.STAFF: STAFF, Role.MARKETING_MANAGER: MANAGER, Role.ADMIN: ADMIN}


@dataclass(frozen=True)
class World:
    """Where a row is tried: a club with one customer, and settings to change by assignment for as long as it stands."""

    club: Club
    customer_id: UUID
    settings: Settings | LastingSettings


Prepare = Callable[[World], Mapping[str, object]]


@dataclass(frozen=True)
class Row:
    """A method of a route, an address that uses it, and the status for each caller.

    `{id}` in address and body is the customer; other names come from `prepare`, which runs once: a call that
    changes something is taken back.
    `is_reading`: changes nothing, though it is a POST with a good answer.
    """

    route: str
    method: str
    url: str
    statuses: str
    body: Any = None
    prepare: Prepare | None = None
    is_reading: bool = False

    @property
    def expected(self) -> dict[str, int]:
        """Status by caller."""
        return dict(zip(CALLERS, map(int, self.statuses.split()), strict=True))

    @property
    def is_about_a_thing(self) -> bool:
        """Whether its address names something of the club."""
        return "{" in self.url


@dataclass(frozen=True)
class Page:
    """A page of the back office: from whom on it is open.

    `is_of_platform`: its arguments name nothing of a club. `is_front_door`: whoever has no club is told so there.
    """

    route: str
    least: int
    method: str = "GET"
    is_of_platform: bool = False
    is_front_door: bool = False


def modules() -> Iterator[ModuleType]:
    """The permission modules of all installed apps that have one."""
    for app in dict.fromkeys([*extensions(), *(each for each in settings.INSTALLED_APPS if "." not in each)]):
        for name in (f"tests.{app}.permissions", f"{app}.permissions"):
            if _exists(name):
                yield import_module(name)
                break


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def rest_rows() -> tuple[Row, ...]:
    """All rows of all apps."""
    return tuple(row for module in modules() for row in getattr(module, "REST", ()))


def pages() -> dict[str, Page]:
    """Route → page, of all apps."""
    return {page.route: page for module in modules() for page in getattr(module, "PAGES", ())}


def things_of(world: World) -> dict[str, dict[str, object]]:
    """Route → the arguments that its app has for it."""
    found: dict[str, dict[str, object]] = {}
    for module in modules():
        declared = getattr(module, "PAGES", ())
        given = {
            "profile_id": world.customer_id,
            **(module.things(world) if hasattr(module, "things") else {}),
        }
        for page in declared:
            table = next((name for name in given if page.route.startswith(f"{name}_")), "")
            found[page.route] = {**given, "object_id": given[table]} if table else given
    return found


def state_of_club() -> tuple[Any, ...]:
    """What no refused call may change, in the open scope."""
    return tuple(module.state() for module in modules() if hasattr(module, "state"))
