"""A club as somebody outside sees it: over REST, on the clock that the test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.test import Client

from journeys.drafts import get_journey
from journeys.models import Journey
from journeys.scanning import scan
from profiles.models import CustomerProfile
from tenants.models import Tenant
from tests.journeys.definitions import Json
from tests.journeys.playing import START, Play, time_machine
from tests.profiles.api_callers import caller

URL = "/api/v1/journeys"


class Outside(Play):
    """Makes, starts, changes and asks over REST; time and the log are moved as in `Play`."""

    def __init__(self, tenant: Tenant, now: datetime = START) -> None:
        super().__init__(tenant, now)
        self.client: Client = caller(tenant)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to a POST at this moment."""
        with time_machine(self.now):
            return self.client.post(self._url(path), body or {}, "application/json", headers=headers)

    def get(self, path: str, **params: Any) -> Any:
        """The body of the answer to a GET at this moment."""
        with time_machine(self.now):
            answer = self.client.get(self._url(path), params)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def patch(self, path: str, body: Any) -> Any:
        """The answer to a PATCH at this moment."""
        with time_machine(self.now):
            return self.client.patch(self._url(path), body, "application/json")

    def made(self, definition: Json, name: str = "Journey") -> str:
        """The id of a new draft."""
        answer = self.post("", {"name": name, "definition": definition})
        assert answer.status_code == 201, answer.json()
        return str(answer.json()["id"])

    def started(self, definition: Json, name: str = "Journey") -> str:
        """The id of a journey that runs."""
        one = self.made(definition, name)
        self.act(one, "activate")
        with self.open():
            Journey.objects.filter(pk=one).update(activated_at=self.now, scanned_at=self.now)
        return one

    def act(self, one: str, name: str, **body: Any) -> Json:
        """`activate`, `pause`, `archive`, `enroll`, …; what came of it."""
        answer = self.post(f"/{one}/{name}", body)
        assert answer.status_code == 200, answer.json()
        found: Json = answer.json()
        return found

    def change(self, one: str, definition: Json, **body: Any) -> Json:
        """Another draft, published."""
        answer = self.patch(f"/{one}", {"definition": definition})
        assert answer.status_code == 200, answer.json()
        return self.act(one, "activate", **body)

    def enrol(self, one: str, *people: CustomerProfile, **body: Any) -> list[str]:
        """What was decided about each; the engine works."""
        found = self.act(one, "enroll", customerIds=[str(who.pk) for who in people], **body)
        self.tick()
        by_person = {row["customerId"]: row["result"] for row in found["results"]}
        return [by_person[str(who.pk)] for who in people]

    def why(self, one: str, who: CustomerProfile) -> Json:
        """The explanation of somebody."""
        found: Json = self.get(f"/{one}/explain", customerId=str(who.pk))
        return found

    def stand(self, one: str, *, ended: bool = False) -> list[tuple[str, str]]:
        """(step, status) of those who are in, or were."""
        rows = self.get(f"/{one}/enrollments", **({"ended": "true"} if ended else {}))["data"]
        return [(row["step"], row["status"]) for row in rows]

    def scanned(self, one: str, moment: datetime) -> None:
        """The clock's triggers are looked at, at a moment."""
        self.now = moment
        with self.open():
            scan(self.tenant, moment, only=get_journey(UUID(one)))
        self.tick()

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Acts of staff: the scope, a transaction, and this moment."""
        with self.open(), transaction.atomic(), time_machine(self.now):
            yield

    def changed(self, who: CustomerProfile, **columns: Any) -> None:
        """Columns of somebody change, and the log says so."""
        with self.open():
            CustomerProfile.objects.filter(pk=who.pk).update(**columns)
        names = [_camel(name) for name in columns]
        self.hear("profile.changed", who, changes=names)

    def _url(self, path: str) -> str:
        return f"{URL}{path}?tenantId={self.tenant.slug}"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
