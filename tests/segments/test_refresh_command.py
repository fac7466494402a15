"""`manage.py refresh_segments`, and workers that are killed in the middle of it."""

import random
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from profiles.models import CustomerProfile
from segments.actions import Draft, create_segment, get_segment, update_segment
from segments.models import Refresh, RefreshReason, Segment, SegmentMember, SegmentTransition
from segments.refreshing import request_due, request_refresh
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.patience import PATIENCE_SECONDS
from tests.profiles.records import profile
from tests.segments.makers import all_of, history, leaf, members, refresh, segment

GOLD = leaf("membershipTier", "eq", "Gold")
PEOPLE = 400
KILLS = 40
# One program that starts worker after worker, and kills each with signal 9 after a random while; the last one may end.
EXECUTIONER = """
import os, random, signal, sys, time
from uuid import UUID
import django
django.setup()
from django.db import connections
from segments import refreshing
from segments.models import Refresh
from tenants.scope import tenant_scope

refreshing.BATCH = 10
tenant_id, kills, dice = UUID(sys.argv[1]), int(sys.argv[2]), random.Random(5)
killed = 0
while True:
    # A lease would run out by itself, in a minute.
    with tenant_scope(tenant_id):
        Refresh.objects.filter(status="RUNNING").update(leased_until=None, attempts=0)
    connections.close_all()
    child = os.fork()
    if child == 0:
        with tenant_scope(tenant_id):
            refreshing.refresh_waiting()
        os._exit(0)
    if killed < kills:
        time.sleep(dice.uniform(0.005, 0.05))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        break
    killed += 1
print(killed)
"""


@pytest.mark.django_db(transaction=True)
def test_workers_killed_at_random_leave_the_right_members(process_environment: dict[str, str]) -> None:
    tenant, dice = factories.tenant("killing"), random.Random(2)
    with tenant_scope(tenant):
        CustomerProfile.objects.bulk_create(
            CustomerProfile(
                tenant=tenant,
                first_name=f"P{number}",
                membership_tier=dice.choice(("Gold", "Silver")),
                handicap_tenths=dice.randrange(300),
            )
            for number in range(PEOPLE)
        )
        gold = create_segment(Draft(name="Gold", criteria=GOLD))
        low = create_segment(
            Draft(name="Low", criteria=all_of({"segment": str(gold.pk)}, leaf("handicap", "lt", 15)))
        )

    answer = subprocess.run(
        [sys.executable, "-c", EXECUTIONER, str(tenant.pk), str(KILLS)],
        env=process_environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr

    assert int(answer.stdout) >= 5
    with tenant_scope(tenant):
        for made, wanted in (
            (gold, CustomerProfile.objects.filter(membership_tier="Gold")),
            (low, CustomerProfile.objects.filter(membership_tier="Gold", handicap_tenths__lt=150)),
        ):
            expected = set(wanted.values_list("pk", flat=True))
            assert members(tenant, made) == expected
            assert get_segment(made.pk).member_count == len(expected)
            # Each joined once: nothing was written twice, nothing told that was lost.
            assert SegmentTransition.objects.filter(segment_id=made.pk).count() == len(expected)
        assert set(Refresh.objects.values_list("status", flat=True)) == {"DONE"}


def test_the_command_refreshes_what_is_named_and_says_what_came_of_it(fairview: Club) -> None:
    gold = segment(fairview.tenant, GOLD, "Gold")
    other = segment(fairview.tenant, leaf("membershipTier", "eq", "Silver"), "Silver")
    person = profile(fairview.tenant, membership_tier="Gold")
    out = StringIO()

    call_command("refresh_segments", "Gold", tenant="fairview", stdout=out)

    assert members(fairview.tenant, gold) == {person.pk}
    assert "fairview: Gold: 1 joined, 0 left" in out.getvalue()
    assert "fairview: 1 refreshed in" in out.getvalue()
    with tenant_scope(fairview.tenant):
        assert Refresh.objects.filter(segment_id=other.pk).count() == 1


def test_the_command_refreshes_everything_where_nothing_is_named(fairview: Club, kingsmere: Club) -> None:
    made = [segment(club.tenant, GOLD, "Gold") for club in (fairview, kingsmere)]
    people = [profile(club.tenant, membership_tier="Gold") for club in (fairview, kingsmere)]

    call_command("refresh_segments", stdout=StringIO())

    for club, each, person in zip((fairview, kingsmere), made, people, strict=True):
        assert members(club.tenant, each) == {person.pk}
    with tenant_scope(fairview.tenant):
        assert not Segment.objects.filter(last_refreshed_at=None).exists()


def test_the_command_leaves_the_work_to_the_workers_when_asked(fairview: Club) -> None:
    made = segment(fairview.tenant, GOLD, "Gold")
    profile(fairview.tenant, membership_tier="Gold")

    call_command("refresh_segments", str(made.pk), tenant="fairview", no_wait=True)

    assert members(fairview.tenant, made) == set()
    assert refresh(fairview.tenant) == 1
    assert len(members(fairview.tenant, made)) == 1


def test_a_name_that_nobody_bears_is_said(fairview: Club) -> None:
    with pytest.raises(CommandError, match="No segment with a rule is called Nobody"):
        call_command("refresh_segments", "Nobody", tenant="fairview")


@pytest.mark.parametrize(
    ("frequency", "age", "is_due"),
    [
        ("HOURLY", timedelta(minutes=59), False),
        ("HOURLY", timedelta(minutes=61), True),
        ("DAILY", timedelta(hours=25), True),
        ("MANUAL", timedelta(days=400), False),
    ],
)
def test_beat_asks_for_refreshes_by_their_frequency(
    fairview: Club, frequency: str, age: timedelta, is_due: bool
) -> None:
    with tenant_scope(fairview.tenant):
        Segment.objects.filter(is_system=True).delete()
    made = segment(fairview.tenant, GOLD, refresh_frequency=frequency)
    with tenant_scope(fairview.tenant):
        Segment.objects.update(last_refreshed_at=timezone.now() - age)

    request_due()
    request_due()

    with tenant_scope(fairview.tenant):
        waiting = Refresh.objects.filter(segment_id=made.pk, status="WAITING")
        assert waiting.count() == int(is_due)
        assert all(each.reason == RefreshReason.SCHEDULE for each in waiting)


def test_an_edit_that_changes_the_rule_back_still_starts_over(fairview: Club) -> None:
    """The version counts edits, so that a rule that is the same again is no reason to trust an old look."""
    person = profile(fairview.tenant, membership_tier="Gold")
    made = segment(fairview.tenant, GOLD)
    with tenant_scope(fairview.tenant):
        update_segment(made.pk, {"criteria": {**GOLD, "value": "Silver"}})
        update_segment(made.pk, {"criteria": GOLD})
        assert get_segment(made.pk).version == 3
        request_refresh(made.pk, RefreshReason.PERSON)

    assert refresh(fairview.tenant) == 1

    assert members(fairview.tenant, made) == {person.pk}
    assert len(history(fairview.tenant, made)) == 1
    with tenant_scope(fairview.tenant):
        assert not get_segment(made.pk).is_stale
        assert SegmentMember.objects.filter(segment_id=made.pk).count() == 1
