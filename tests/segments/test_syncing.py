"""A segment as a list of the Messaging service: deltas, repair after a mismatch, words when it is away."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.gateway import client
from messaging.models import SyncedMember
from messaging.sandbox.lists import describe
from messaging.sandbox.lists import members as listed
from messaging.sandbox.server import Sandbox
from profiles.restricting import set_restriction
from segments.actions import delete_segment
from segments.lists import add_members, remove_members
from segments.models import Segment
from segments.syncing import segments_behind, sync_segment
from segments.tasks import sync_lists
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.records import profile
from tests.segments.makers import a_list


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    """The stand-in over real HTTP, with an empty book."""
    stand_in = Sandbox().start()
    settings.CRM_MESSAGING_URL = stand_in.url
    yield stand_in
    client._gateway.cache_clear()
    stand_in.stop()


def contacts(sandbox: Sandbox, segment: Segment) -> list[str]:
    found: list[str] = listed(sandbox.book, str(segment.tenant_id), str(segment.pk), "")["contactIds"]
    return found


def test_members_who_may_be_contacted_stand_on_the_list_and_changes_are_pushed(
    fairview: Club, sandbox: Sandbox
) -> None:
    ann = profile(fairview.tenant, messaging_contact_id="c-ann", email_opt_in=True)
    ben = profile(fairview.tenant, messaging_contact_id="c-ben", sms_opt_in=True)
    silent = profile(fairview.tenant, messaging_contact_id="c-silent")
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        add_members(made.pk, [ann.pk, ben.pk, silent.pk])

        synced = sync_segment(made.pk)
        assert (synced.messaging_segment_id, synced.sync_error) == (str(made.pk), "")
        assert contacts(sandbox, made) == ["c-ann", "c-ben"]
        remove_members(made.pk, [ann.pk])
        sync_segment(made.pk)

    assert contacts(sandbox, made) == ["c-ben"]
    state = describe(sandbox.book, str(made.tenant_id), str(made.pk))
    assert state is not None
    assert state["sequence"] == 2


def test_a_list_that_was_changed_behind_our_back_is_repaired(fairview: Club, sandbox: Sandbox) -> None:
    ann = profile(fairview.tenant, messaging_contact_id="c-ann", email_opt_in=True)
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        add_members(made.pk, [ann.pk])
        sync_segment(made.pk)
        sandbox.book.many("DELETE FROM member WHERE list = ?", [[str(made.pk)]])
        sandbox.book.many(
            "INSERT INTO member VALUES (?, ?, ?)", [[str(made.tenant_id), str(made.pk), "c-stranger"]]
        )

        sync_segment(made.pk)

    assert contacts(sandbox, made) == ["c-ann"]


def test_a_service_that_is_away_is_said_in_words(fairview: Club, settings: Any) -> None:
    settings.CRM_MESSAGING_URL = "http://127.0.0.1:9"
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        synced = sync_segment(made.pk)

    assert synced.sync_error == "The Messaging service does not answer; this is tried again by itself."
    assert synced.messaging_segment_id is None
    client._gateway.cache_clear()


def test_whose_data_rests_is_on_no_list_and_who_is_quiet_still_is(fairview: Club, sandbox: Sandbox) -> None:
    ann = profile(fairview.tenant, messaging_contact_id="c-ann", email_opt_in=True)
    ben = profile(fairview.tenant, messaging_contact_id="c-ben", email_opt_in=True, status="INACTIVE")
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        add_members(made.pk, [ann.pk, ben.pk])
        set_restriction(ann.pk, is_restricted=True)

        sync_segment(made.pk)

    assert contacts(sandbox, made) == ["c-ben"]


def test_a_deleted_segment_leaves_no_list_behind(fairview: Club, sandbox: Sandbox) -> None:
    ann = profile(fairview.tenant, messaging_contact_id="c-ann", email_opt_in=True)
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        add_members(made.pk, [ann.pk])
        sync_segment(made.pk)
        delete_segment(made.pk)

    sync_lists()

    assert describe(sandbox.book, str(made.tenant_id), str(made.pk)) is None
    with tenant_scope(fairview.tenant):
        assert not SyncedMember.objects.exists()
        assert Segment.objects.get(pk=made.pk).messaging_segment_id is None


def test_a_list_that_cannot_be_dropped_now_is_dropped_later(
    fairview: Club, sandbox: Sandbox, settings: Any
) -> None:
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        sync_segment(made.pk)
        delete_segment(made.pk)
    settings.CRM_MESSAGING_URL = "http://127.0.0.1:9"

    sync_lists()

    settings.CRM_MESSAGING_URL = sandbox.url
    assert describe(sandbox.book, str(made.tenant_id), str(made.pk)) is not None
    sync_lists()
    assert describe(sandbox.book, str(made.tenant_id), str(made.pk)) is None


def test_a_list_of_a_segment_that_is_switched_off_is_kept_true(fairview: Club, sandbox: Sandbox) -> None:
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        sync_segment(made.pk)
        Segment.objects.update(is_active=False, last_synced_at=timezone.now() - timedelta(hours=1))

    assert segments_behind() == [(fairview.tenant.pk, made.pk)]
