"""What people did to customers, as rows of the timeline under Changes: tags in bulk, households, merges, lists.

What the rules of the house do by themselves is told elsewhere (merge history, segments): only acts of people and of
callers of the API are written here. The values of edits have rows of their own (`changes`).
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from profiles.models import CustomerProfile
from profiles.vocabulary import SLOTS
from tenants.actors import ActorKind, current_actor
from tenants.scope import current_tenant_id

MOST_NAMES: Final = 5
NAMELESS: Final = "somebody without a name"
# Numbers as if they had come through the inbox, see `Activity`.
STORE: Final = f"""
INSERT INTO profiles_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, slot, type, category, channel,
                               source, source_event_id, title, metadata)
SELECT nextval((SELECT pg_get_serial_sequence('events_inboxevent', 'id')::regclass)) * {SLOTS}, %(tenant)s, p.id, p.id,
       now(), 0, %(kind)s, 'IDENTITY', 'CRM', 'crm', %(event)s || ':' || told.place, %(name)s || ' ' || told.words,
       told.metadata
FROM unnest(%(ids)s::uuid[], %(words)s::text[], %(metadata)s::jsonb[])
     WITH ORDINALITY AS told (profile_id, words, metadata, place)
JOIN profiles_customerprofile AS p ON p.tenant_id = %(tenant)s AND p.id = told.profile_id AND p.status <> 'DELETED'
"""


class Deed(NamedTuple):
    """What was done to one customer; `words` follow the actor's name, as in: put on the list VIP."""

    profile_id: UUID
    words: str
    metadata: Mapping[str, Any]


def tell_of(profile_ids: Iterable[UUID], kind: str, words: str, **metadata: Any) -> int:
    """Write the same for each customer; returns how many rows. Needs an open transaction and the scope.

    `kind`: the type of the row, as in HOUSEHOLD_FORMED.
    """
    return tell_each([Deed(one, words, metadata) for one in profile_ids], kind)


def tell_each(deeds: Collection[Deed], kind: str) -> int:
    """Write for each customer who did what, in one statement."""
    actor = current_actor()
    if actor.kind is ActorKind.SYSTEM or not deeds:
        return 0
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "kind": kind,
        "event": f"desk:{uuid.uuid4()}",
        "name": actor.name,
        "ids": [deed.profile_id for deed in deeds],
        "words": [deed.words for deed in deeds],
        "metadata": [orjson.dumps({"author": actor.name, **deed.metadata}).decode() for deed in deeds],
    }
    with connection.cursor() as cursor:
        cursor.execute(STORE, values)
        return int(cursor.rowcount)


def names_of(profile_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What customers are called in a sentence, in the order of their names."""
    people = CustomerProfile.objects.filter(pk__in=list(profile_ids)).order_by(
        "first_name", "last_name", "pk"
    )
    return {one.pk: f"{one.first_name} {one.last_name}".strip() or NAMELESS for one in people}


def named(profile_ids: Iterable[UUID]) -> str:
    """Several in a sentence: Anna Botha, Piet Botha and 3 others."""
    names = list(names_of(profile_ids).values())
    shown, others = names[:MOST_NAMES], len(names) - MOST_NAMES
    if others > 0:
        return f"{', '.join(shown)} and {others} others"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
