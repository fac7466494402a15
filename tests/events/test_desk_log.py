"""What staff do to events that failed stands in the club's action log."""

import pytest

from events.dead_letters import dismiss_dead_letter
from events.models import DeadLetter, InboxEvent, InboxStatus
from events.replay import Selection, replay, skip_event
from tenants.actors import acting_as, actor_of_user
from tenants.models import LoggedAction
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.events.test_http_door import event, post, publisher


@pytest.fixture
def dead(fairview: Club) -> int:
    """An event that could not be applied."""
    post(publisher(fairview.tenant), event())
    with all_tenants():
        InboxEvent.objects.update(status=InboxStatus.DEAD, error_code="INVALID_PAYLOAD", error_message="x")
        return int(InboxEvent.objects.get().pk)


def told(club: Club) -> list[tuple[str, str, str, object]]:
    rows = LoggedAction.objects.order_by("id")
    return list(rows.values_list("action", "actor_id", "subject_id", "details"))


def test_replaying_and_skipping_are_noted_with_who(fairview: Club, dead: int) -> None:
    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.admin)):
        skip_event(dead, by=fairview.admin)
        replay(Selection(statuses={InboxStatus.SKIPPED.value}, ids=[dead]))

        assert told(fairview) == [
            ("event.skipped", str(fairview.admin.pk), str(dead), {"count": 1}),
            ("event.replayed", str(fairview.admin.pk), "", {"count": 1}),
        ]


def test_a_dismissed_letter_is_noted(fairview: Club) -> None:
    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.admin)):
        letter = DeadLetter.objects.create(
            tenant=fairview.tenant,
            queue="crm-events",
            job_id="1",
            job_name="x",
            code="INVALID_JSON",
            body="{",
        )
        dismiss_dead_letter(letter.pk, by=fairview.admin)

        assert [row[0] for row in told(fairview)] == ["dead_letter.dismissed"]
