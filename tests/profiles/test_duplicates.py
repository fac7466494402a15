"""The search for duplicates, on a real database with real Splink."""

import sys
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone

from profiles.errors import SearchUnderWay
from profiles.matching.duplicates.searching import LONGEST_RUN, find_duplicates
from profiles.matching.review import decide, undo_decision
from profiles.models import CustomerProfile, DuplicatePair, DuplicateRun, ReviewCandidate
from profiles.tasks import find_duplicates as nightly_task
from tenants.models import LoggedAction, Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.profiles.duplicate_people import crowd, customer, let_time_pass, pairs, queued

pytestmark = pytest.mark.django_db(transaction=True)

BORN = date(1961, 3, 4)


def search(tenant: Tenant, *, is_full: bool = False) -> DuplicateRun:
    with tenant_scope(tenant):
        return find_duplicates(is_full=is_full)


def pair_of(tenant: Tenant, one: CustomerProfile, other: CustomerProfile) -> DuplicatePair:
    first, second = sorted((one.pk, other.pk))
    with tenant_scope(tenant):
        row: DuplicatePair = DuplicatePair.objects.get(first_profile_id=first, second_profile_id=second)
    return row


def candidate_of(tenant: Tenant, one: CustomerProfile, other: CustomerProfile) -> ReviewCandidate:
    first, second = sorted((one.pk, other.pk))
    with tenant_scope(tenant):
        row: ReviewCandidate = ReviewCandidate.objects.get(first_profile_id=first, second_profile_id=second)
    return row


# How a member is written, how the same one plays, and what the comparison of the names says.
WRITTEN_IN_TWO_WAYS = (
    ("William Ferguson", "Bill Ferguson", "name.close_first"),
    ("Robert Dalgleish", "Dalgleish Robert", "name.swapped"),
    ("Henry Braithwaite", "H. Braithwaite", "name.close_first"),
    ("Stephen Kirkbride", "Stephen Kirkbrdie", "name.close_last"),
    ("Michał Łukasik", "MICHAL LUKASIK", "name.same"),
    ("Johan van der Merwe", "Johan Vandermerwe", "name.same"),
)


def test_one_name_written_in_two_ways_is_found_by_the_phone(fairview: Club) -> None:
    crowd(fairview.tenant)
    people = []
    for number, (one, other, level) in enumerate(WRITTEN_IN_TWO_WAYS):
        phone = f"+2782123456{number}"
        born = BORN + timedelta(days=400 * number)
        member = customer(fairview.tenant, one, phone=phone, scl_member_id=100 + number, date_of_birth=born)
        player = customer(fairview.tenant, other, phone=phone, teetime_player_id=f"p{number}")
        people.append((member, player, level))

    search(fairview.tenant)

    for member, player, level in people:
        found = pair_of(fairview.tenant, member, player)
        assert level in {f"{reason['comparison']}.{reason['level']}" for reason in found.comparisons}
        assert found.probability > 0.99
        assert "same phone number" in {reason["words"] for reason in found.comparisons}


@pytest.mark.parametrize(("written", "level"), [("SW1A1AA", "same"), ("EH1 2NG", "different")])
def test_a_postcode_speaks_for_or_against(fairview: Club, written: str, level: str) -> None:
    crowd(fairview.tenant)
    one = customer(fairview.tenant, "Barend Esterhuizen", email="b@example.com", postcode="sw1a 1aa")
    other = customer(fairview.tenant, "Barend Esterhuizen", phone="+27829998877", postcode=written)

    search(fairview.tenant)

    weights = {
        f"{reason['comparison']}.{reason['level']}": reason["weight"]
        for reason in pair_of(fairview.tenant, one, other).comparisons
    }
    assert (weights[f"postcode.{level}"] > 0) == (level == "same")


def test_a_rare_name_is_queued_without_any_address_and_never_merged(fairview: Club) -> None:
    crowd(fairview.tenant)
    member = customer(fairview.tenant, "Barend Esterhuizen", email="barend@example.com", scl_member_id=100)
    player = customer(fairview.tenant, "Barend Esterhuizen", phone="+27829998877", teetime_player_id="p1")

    run = search(fairview.tenant)

    assert queued(fairview.tenant) == {frozenset((member.pk, player.pk)): "OPEN"}
    assert candidate_of(fairview.tenant, member, player).reason == "DUPLICATE"
    assert (run.figures["queued"], run.figures["merged"]) == (1, 0)


def test_a_family_under_one_mailbox_stays_several_people(fairview: Club) -> None:
    crowd(fairview.tenant)
    for first in ("Gideon", "Marlene", "Petra"):
        customer(
            fairview.tenant, f"{first} Labuschagne", email="labuschagne@example.com", phone="+27821112233"
        )

    search(fairview.tenant)

    assert pairs(fairview.tenant) == set()


def test_father_and_son_of_one_name_are_for_staff_because_their_dates_of_birth_differ(fairview: Club) -> None:
    crowd(fairview.tenant)
    shared = {"email": "rory@example.com", "phone": "+27821112233"}
    father = customer(fairview.tenant, "Rory Campbell", date_of_birth=BORN, scl_member_id=100, **shared)
    son = customer(
        fairview.tenant, "Rory Campbell", date_of_birth=date(1991, 8, 17), scl_member_id=101, **shared
    )

    search(fairview.tenant)

    assert "MERGED" not in queued(fairview.tenant).values()
    with tenant_scope(fairview.tenant):
        assert set(
            CustomerProfile.objects.filter(pk__in=[father.pk, son.pk]).values_list("status", flat=True)
        ) == {"ACTIVE"}


def test_what_is_certain_is_merged_and_can_be_taken_back(fairview: Club, settings: Any) -> None:
    settings.CRM_DUPLICATES_MERGE_FROM = 0.999  # among so few people nothing is more certain
    crowd(fairview.tenant)
    shared = {"email": "b.esterhuizen@example.com", "phone": "+27829998877"}
    member = customer(fairview.tenant, "Barend Esterhuizen", scl_member_id=100, **shared)
    player = customer(fairview.tenant, "Barend Esterhuizen", teetime_player_id="p1", **shared)

    run = search(fairview.tenant)

    assert run.figures["merged"] == 1
    assert queued(fairview.tenant) == {frozenset((member.pk, player.pk)): "MERGED"}
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get(pk=player.pk).merged_into_id == member.pk
        undo_decision(candidate_of(fairview.tenant, member, player).pk)
        assert CustomerProfile.objects.get(pk=player.pk).merged_into_id is None


def test_nothing_is_merged_where_the_setting_asks_for_more_than_certainty(
    fairview: Club, settings: Any
) -> None:
    settings.CRM_DUPLICATES_MERGE_FROM = 1.1
    crowd(fairview.tenant)
    shared = {"email": "b.esterhuizen@example.com", "phone": "+27829998877"}
    customer(fairview.tenant, "Barend Esterhuizen", scl_member_id=100, **shared)
    customer(fairview.tenant, "Barend Esterhuizen", teetime_player_id="p1", **shared)

    assert search(fairview.tenant).figures["merged"] == 0
    assert set(queued(fairview.tenant).values()) == {"OPEN"}


def test_what_staff_kept_apart_is_never_asked_again(fairview: Club) -> None:
    crowd(fairview.tenant)
    member = customer(fairview.tenant, "Barend Esterhuizen", email="barend@example.com", scl_member_id=100)
    player = customer(fairview.tenant, "Barend Esterhuizen", phone="+27829998877", teetime_player_id="p1")
    search(fairview.tenant)
    with tenant_scope(fairview.tenant):
        decide(candidate_of(fairview.tenant, member, player).pk, "KEPT_APART")

    run = search(fairview.tenant, is_full=True)

    assert queued(fairview.tenant) == {frozenset((member.pk, player.pk)): "KEPT_APART"}
    assert (run.figures["found"], run.figures["queued"]) == (0, 0)


def test_a_pair_that_the_rules_queued_gets_the_weight_and_keeps_its_reason(fairview: Club) -> None:
    crowd(fairview.tenant)
    member = customer(fairview.tenant, "Barend Esterhuizen", email="barend@example.com", scl_member_id=100)
    player = customer(fairview.tenant, "Barend Esterhuizen", phone="+27829998877", teetime_player_id="p1")
    first, second = sorted((member.pk, player.pk))
    with tenant_scope(fairview.tenant):
        ReviewCandidate.objects.create(
            tenant=fairview.tenant,
            first_profile_id=first,
            second_profile_id=second,
            reason="CAP_EXCEEDED",
            evidence={"rule": "cap"},
        )

    search(fairview.tenant)

    row = candidate_of(fairview.tenant, member, player)
    assert row.reason == "CAP_EXCEEDED"
    assert set(row.evidence) == {"rule", "probability", "weight"}


def test_only_pairs_with_a_changed_side_are_compared_again(fairview: Club) -> None:
    crowd(fairview.tenant)
    customer(fairview.tenant, "Barend Esterhuizen", email="barend@example.com", scl_member_id=100)
    search(fairview.tenant)
    let_time_pass(fairview.tenant)
    assert search(fairview.tenant).figures["compared"] == 0

    player = customer(fairview.tenant, "Barend Esterhuizen", phone="+27829998877", teetime_player_id="p1")
    run = search(fairview.tenant)

    assert (run.is_full, run.figures["changed"], run.figures["queued"]) == (False, 1, 1)
    assert all(player.pk in pair for pair in pairs(fairview.tenant))


def test_a_pair_that_a_change_took_apart_leaves_the_queue(fairview: Club) -> None:
    crowd(fairview.tenant)
    customer(fairview.tenant, "Barend Esterhuizen", email="barend@example.com", scl_member_id=100)
    player = customer(fairview.tenant, "Barend Esterhuizen", phone="+27829998877", teetime_player_id="p1")
    search(fairview.tenant)
    let_time_pass(fairview.tenant)
    with tenant_scope(fairview.tenant):
        CustomerProfile.objects.filter(pk=player.pk).update(first_name="Rosina", updated_at=timezone.now())

    search(fairview.tenant)

    assert pairs(fairview.tenant) == set()
    assert queued(fairview.tenant) == {}


def test_customers_of_two_clubs_are_never_compared(fairview: Club) -> None:
    crowd(fairview.tenant)
    other = factories.tenant()
    shared = {"email": "b.esterhuizen@example.com", "phone": "+27829998877"}
    customer(fairview.tenant, "Barend Esterhuizen", scl_member_id=100, **shared)
    customer(other, "Barend Esterhuizen", teetime_player_id="p1", **shared)

    run = search(fairview.tenant)

    assert run.figures["customers"] == 25
    assert pairs(fairview.tenant) == pairs(other) == set()


def test_an_office_mailbox_of_many_says_nothing(fairview: Club) -> None:
    crowd(fairview.tenant)
    for number in range(10):
        customer(fairview.tenant, f"Alex Number{chr(97 + number) * 5}", email="office@example.com")

    search(fairview.tenant)

    assert pairs(fairview.tenant) == set()


def test_one_search_at_a_time(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        DuplicateRun.objects.create(
            tenant=fairview.tenant, is_full=True, backend="duckdb", looked_until=timezone.now()
        )

    with pytest.raises(SearchUnderWay):
        search(fairview.tenant)


def test_a_search_that_was_killed_blocks_none_for_ever(fairview: Club) -> None:
    long_ago = timezone.now() - 2 * LONGEST_RUN
    with tenant_scope(fairview.tenant):
        dead = DuplicateRun.objects.create(
            tenant=fairview.tenant, is_full=True, backend="duckdb", looked_until=long_ago, started_at=long_ago
        )

    search(fairview.tenant)

    with tenant_scope(fairview.tenant):
        dead.refresh_from_db()
    assert (dead.status, dead.error) == ("FAILED", "It never ended.")


def test_spark_finds_the_same(fairview: Club, kingsmere: Club, settings: Any) -> None:
    pytest.importorskip(
        "pyspark", reason="Spark comes with `pip install pyspark` and a Java of version 17 or 21"
    )
    weights: dict[str, list[float]] = {}
    for club, backend in ((fairview, "duckdb"), (kingsmere, "spark")):
        settings.CRM_DUPLICATES_BACKEND = backend
        crowd(club.tenant)
        phone = "+27821234567"
        customer(club.tenant, "William Ferguson", phone=phone, scl_member_id=100, date_of_birth=BORN)
        customer(club.tenant, "Bill Ferguson", phone=phone, teetime_player_id="p1")
        run = search(club.tenant)
        assert (run.backend, run.status) == (backend, "DONE")
        with tenant_scope(club.tenant):
            weights[backend] = sorted(DuplicatePair.objects.values_list("match_weight", flat=True))

    assert weights["spark"] == pytest.approx(weights["duckdb"])
    assert weights["duckdb"]


def test_spark_without_pyspark_says_what_to_do_and_leaves_a_failed_run(
    fairview: Club, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    settings.CRM_DUPLICATES_BACKEND = "spark"
    customer(fairview.tenant, "Barend Esterhuizen")

    with pytest.raises(ImproperlyConfigured, match="pyspark is not installed"):
        search(fairview.tenant)

    with tenant_scope(fairview.tenant):
        assert DuplicateRun.objects.get().status == "FAILED"
    with pytest.raises(CommandError, match="pip install pyspark"):
        call_command("find_duplicates", tenant=fairview.tenant.slug)


def test_the_command_says_what_came_of_it_and_the_log_who_searched(
    fairview: Club, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd(fairview.tenant)
    call_command("find_duplicates", tenant=fairview.tenant.slug, all=True)

    assert f"{fairview.tenant.slug}: 24 customers, 24 changed, " in capsys.readouterr().out
    with tenant_scope(fairview.tenant):
        act = LoggedAction.objects.get(action="duplicates.searched")
    assert (act.actor_id, act.details["status"]) == ("manage.py find_duplicates", "DONE")


def test_the_nightly_task_searches_every_club(fairview: Club, settings: Any) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    crowd(fairview.tenant)
    customer(fairview.tenant, "Barend Esterhuizen", email="barend@example.com", scl_member_id=100)
    customer(fairview.tenant, "Barend Esterhuizen", phone="+27829998877", teetime_player_id="p1")

    nightly_task.apply()

    assert len(pairs(fairview.tenant)) == 1
