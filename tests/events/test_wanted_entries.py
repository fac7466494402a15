"""Consumers that have a use for part of the log: the rest is passed without being handed over, and nothing is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from events import consumers
from events.consumers import registry
from events.models import DomainLogEntry, WebhookEndpoint
from events.webhooks import planning
from profiles.log_kinds import LogKind
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.events.hooks import endpoint
from tests.events.logbook import Reader, append, append_typed, position_of, read_all, settle

TAKEN = {LogKind.ACTIVITY_RECORDED: ("CALL",), LogKind.PROFILE_CREATED: None}
KINDS = frozenset({LogKind.ACTIVITY_RECORDED, LogKind.PROFILE_CREATED})


def is_at_the_end(tenant: Tenant) -> bool:
    with tenant_scope(tenant):
        return bool(position_of(tenant).last_id == DomainLogEntry.objects.latest("id").pk)


@pytest.mark.usefixtures("own_consumers")
@pytest.mark.django_db(transaction=True)
def test_only_what_is_wanted_is_handed_over_and_the_position_passes_the_rest(fairview: Club) -> None:
    reader = Reader()
    reader.register(kinds=KINDS, wants=lambda tenant: TAKEN)
    append_typed(fairview.tenant, "CALL", "1")
    append_typed(fairview.tenant, "VISIT", "2")
    append(fairview.tenant, "3", kind=LogKind.PROFILE_CREATED)
    append(fairview.tenant, "4", kind=LogKind.PROFILE_CHANGED)

    read_all()

    assert reader.seen == ["1", "3"]
    assert is_at_the_end(fairview.tenant)


@pytest.mark.usefixtures("own_consumers")
@pytest.mark.django_db(transaction=True)
def test_whoever_wants_nothing_passes_everything_until_it_does(fairview: Club) -> None:
    wanted: dict[str, None] = {}
    reader = Reader()
    reader.register(wants=lambda tenant: wanted)
    append(fairview.tenant, "1", "2", "3")
    read_all()
    was_at_the_end = is_at_the_end(fairview.tenant)

    wanted[LogKind.PROFILE_CHANGED] = None
    append(fairview.tenant, "4")
    read_all()

    assert was_at_the_end
    assert (reader.batches, reader.seen) == ([1], ["4"])


@pytest.mark.usefixtures("own_consumers")
@pytest.mark.django_db(transaction=True)
def test_none_wants_every_declared_kind(fairview: Club) -> None:
    reader = Reader()
    reader.register(wants=lambda tenant: None)
    append(fairview.tenant, "1")
    append(fairview.tenant, "other", kind=LogKind.PROFILE_CREATED)

    read_all()

    assert reader.seen == ["1"]


@pytest.mark.usefixtures("own_consumers")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9, 10, 11, 12])
def test_wherever_a_batch_ends_each_entry_comes_once(fairview: Club, count: int) -> None:
    # At most 2 are taken and 10 are looked at: batches end at either limit, at a wanted entry and behind one.
    reader = Reader()
    reader.register(kinds=KINDS, wants=lambda tenant: TAKEN, batch_size=2)
    for number in range(count):
        append_typed(fairview.tenant, "VISIT", *(f"-{number}.{other}" for other in range(number % 5 * 3)))
        append_typed(fairview.tenant, "CALL", str(number))
    append_typed(fairview.tenant, "VISIT", "-last")

    read_all()

    assert reader.seen == [str(number) for number in range(count)]
    assert max(reader.batches) <= 2
    assert is_at_the_end(fairview.tenant)


@pytest.mark.usefixtures("own_consumers")
@pytest.mark.django_db(transaction=True)
def test_a_run_is_called_again_until_nothing_is_left(fairview: Club) -> None:
    reader = Reader()
    reader.register(kinds=KINDS, wants=lambda tenant: TAKEN, batch_size=1)
    append_typed(fairview.tenant, "VISIT", *(f"-{number}" for number in range(5)))
    append_typed(fairview.tenant, "CALL", "1", "2")
    settle()

    turns = [consumers.run("reader", fairview.tenant.pk, batches=1) for _ in range(3)]

    assert (turns, reader.batches, reader.seen) == ([True, True, False], [1, 1], ["1", "2"])


@pytest.mark.parametrize("name", sorted(registry.names()))
def test_a_consumer_wants_nothing_that_it_does_not_declare(fairview: Club, name: str) -> None:
    consumer = registry.registered(name)
    with tenant_scope(fairview.tenant):
        wanted = consumer.wants(fairview.tenant) if consumer.wants else None

    assert set(wanted or {}) <= consumer.kinds


@pytest.mark.parametrize(
    ("types", "is_about"),
    [
        (["crm.*"], lambda kind: kind != LogKind.ACTIVITY_RECORDED),
        (["crm.activity.recorded"], lambda kind: True),
        (["crm.activity.*"], lambda kind: True),
        (["crm.profile.created"], lambda kind: kind != LogKind.ACTIVITY_RECORDED),
    ],
)
def test_webhooks_want_what_an_endpoint_may_ask_for(
    fairview: Club, settings: Settings, types: list[str], is_about: Callable[[str], bool]
) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    made: Any = endpoint(fairview.tenant, event_types=types)
    with tenant_scope(fairview.tenant):
        wanted = planning.wants(fairview.tenant)
        WebhookEndpoint.objects.filter(pk=made.pk).delete()
        wanted_by_nobody = planning.wants(fairview.tenant)

    assert [kind for kind in (LogKind.PROFILE_CREATED, LogKind.ACTIVITY_RECORDED) if kind in wanted] == [
        kind for kind in (LogKind.PROFILE_CREATED, LogKind.ACTIVITY_RECORDED) if is_about(kind)
    ]
    assert wanted_by_nobody == {}
