"""Every named constraint of the tables of the desk, violated; part of the table in test_constraints.py."""

from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from django.db import connection

from profiles.models import Activity
from profiles.models.desk import HUES, BulkAct, BulkActChange, ListLayout, TagColour
from tenants.postgresql.base import as_owner
from tests.cast import Club
from tests.constraints import Violation
from tests.profiles.records import NOON
from tests.profiles.score_violations import foreign, own, stored


def an_act(club: Club, **values: Any) -> Any:
    return stored(club, BulkAct, **({"kind": "tag", "title": "Tagged", "chosen": 1} | values))


def second_act(club: Club) -> object:
    """Past the primary key, which says the same."""
    made = an_act(club)
    connection.check_constraints()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE profiles_bulkact DROP CONSTRAINT profiles_bulkact_pkey")
    return an_act(club, id=made.pk)


def a_change(**values: Callable[[Club], Any]) -> Violation:
    def violate(club: Club) -> object:
        given = {"act_id": an_act(club).pk, "profile_id": own(club)}
        return stored(club, BulkActChange, **(given | {name: make(club) for name, make in values.items()}))

    return violate


def twice(model: Any, **values: Any) -> Violation:
    return lambda club: [stored(club, model, **values) for _ in range(2)]


def the_same_payment_twice(club: Club) -> object:
    person, key = own(club), uuid4()
    return [
        stored(
            club, Activity, id=number, profile_id=person, origin_profile_id=person, occurred_at=NOON,
            type="PAYMENT_RECEIVED", category="PAYMENT", source="scl", source_event_id=str(number), title="Paid",
            once_key=key,
        )
        for number in (1, 2)
    ]  # fmt: skip


DESK_VIOLATIONS: Final[dict[str, list[Violation]]] = {
    "profiles_activity_once_uq": [the_same_payment_twice],
    "profiles_bulkact_tenant_uq": [second_act],
    "profiles_bulkactchange_act_fk": [a_change(act_id=lambda club: uuid4())],
    "profiles_bulkactchange_profile_fk": [a_change(profile_id=foreign)],
    "profiles_listlayout_user_uq": [
        lambda club: [stored(club, ListLayout, user=club.admin) for _ in range(2)]
    ],
    "profiles_tagcolour_hue_ck": [
        lambda club: stored(club, TagColour, tag="a", hue=-1),
        lambda club: stored(club, TagColour, tag="a", hue=HUES),
    ],
    "profiles_tagcolour_tag_uq": [twice(TagColour, tag="a", hue=1)],
}
