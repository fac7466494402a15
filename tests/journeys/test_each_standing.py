"""Whatever a run stands at: an edit with each answer and its undo, a merge, an erasure and a pause, over REST."""

from datetime import timedelta

import pytest

from journeys.models import MovePlan, Run, Subscription
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.privacy.erasing import erase_customer
from profiles.unmerging import unmerge_profiles
from tests.cast import Club
from tests.journeys.definitions import Json
from tests.journeys.outside import Outside
from tests.journeys.playing import START, person
from tests.journeys.standing_still import KINDS, messages
from tests.journeys.test_outside_changes import undone

CHOICES: dict[str, Json] = {
    "STAY": {"choice": "STAY"}, "MOVE": {"choice": "MOVE"}, "OTHER": {"choice": "MOVE", "step": "other"},
    "RESTART": {"choice": "RESTART"}, "EXIT": {"choice": "EXIT"},
}  # fmt: skip


@pytest.fixture
def out(fairview: Club) -> Outside:
    return Outside(fairview.tenant)


def member(out: Outside, name: str = "Anna") -> CustomerProfile:
    return person(out.tenant, name, membership_expiry=(START + timedelta(days=6)).date())


def reachable(out: Outside, *people: CustomerProfile) -> None:
    """As they were: these people were made without facts, from which a merge works out the golden row."""
    with out.open():
        for who in people:
            CustomerProfile.objects.filter(pk=who.pk).update(
                email=who.email, email_opt_in=True, membership_expiry=who.membership_expiry
            )


def due(kind: str) -> list[str]:
    """The messages that somebody gets who stood there and went on to the end; a cap allows one a day."""
    if kind == "a cap":
        return ["here"]
    return ["here", "mail"] if KINDS[kind].sends else ["mail"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("choice", CHOICES)
def test_an_edit_does_what_was_chosen_and_its_undo_puts_back(out: Outside, kind: str, choice: str) -> None:
    standing, anna = KINDS[kind], member(out)
    one = standing.begin(out, anna)
    before = out.run(anna)
    assert before is not None
    assert (before.step, before.status) == ("here", "WAITING")
    out.later(minutes=2)
    out.change(one, standing.after(), moves={f"{before.version_id}:here": CHOICES[choice]})
    out.later(minutes=2)
    expected = {"STAY": ["here"], "MOVE": ["here"], "OTHER": ["other"], "RESTART": ["first"], "EXIT": []}
    assert [name for name, _ in out.stand(one)] == expected[choice]
    if choice == "EXIT":
        assert out.ended(anna) == [("EXITED", "JOURNEY_CHANGED")]
        assert messages(out, anna) == []

    with out.open():
        was_moved = MovePlan.objects.filter(journey_id=one).exists()
    if was_moved:
        assert undone(out, one).returned == (choice != "STAY")
    out.later(minutes=2)
    after = out.run(anna)
    assert after is not None
    assert (after.version_id, after.step, after.status) == (before.version_id, "here", "WAITING")
    if not standing.sends:
        assert after.due_at == before.due_at
    standing.goes_on(out, anna)
    assert messages(out, anna) == due(kind)
    assert [status for status, _ in out.ended(anna)] == ["COMPLETED"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("choice", ["MOVE", "OTHER", "RESTART"])
def test_who_was_moved_goes_the_new_way_to_its_end(out: Outside, kind: str, choice: str) -> None:
    standing, anna = KINDS[kind], member(out)
    one = standing.begin(out, anna)
    before = out.run(anna)
    assert before is not None
    out.later(minutes=2)
    out.change(one, standing.after(), moves={f"{before.version_id}:here": CHOICES[choice]})
    out.tick()
    if choice == "RESTART":
        out.later(days=1, minutes=5)
    if choice != "OTHER":
        standing.goes_on(out, anna)
    out.later(hours=3)
    out.later(hours=12)
    left_out = choice == "OTHER" and kind == "a cap"  # the day's message has gone
    expected = ["mail"] if choice == "OTHER" else due(kind)
    assert messages(out, anna) == ([] if left_out else expected)
    assert [status for status, _ in out.ended(anna)] == ["COMPLETED"]


@pytest.mark.parametrize("kind", KINDS)
def test_two_who_become_one_get_everything_once_and_both_go_on_when_they_are_two_again(
    out: Outside, kind: str
) -> None:
    standing, anna, ben = KINDS[kind], member(out), member(out, "Ben")
    standing.begin(out, anna, ben)
    with out.acting():
        merge_profiles(anna.pk, ben.pk)
    reachable(out, anna)
    out.later(minutes=5)
    with out.open():
        assert sorted(Run.objects.values_list("status", flat=True)) == ["SUSPENDED", "WAITING"]
    assert messages(out, anna) == (["here"] if standing.sends else [])
    with out.acting():
        unmerge_profiles(ben.pk)
    reachable(out, anna, ben)
    out.later(minutes=5)
    with out.open():
        assert sorted(Run.objects.values_list("status", flat=True)) == ["WAITING", "WAITING"]
    for who in (anna, ben):
        standing.goes_on(out, who)
    for who in (anna, ben):
        assert messages(out, who) == due(kind), who.first_name
        assert [status for status, _ in out.ended(who)] == ["COMPLETED"]


@pytest.mark.parametrize("kind", KINDS)
def test_one_of_two_goes_to_the_end_for_both(out: Outside, kind: str) -> None:
    standing, anna, ben = KINDS[kind], member(out), member(out, "Ben")
    standing.begin(out, anna, ben)
    with out.acting():
        merge_profiles(anna.pk, ben.pk)
    reachable(out, anna)
    standing.goes_on(out, anna)
    assert messages(out, anna) == due(kind)
    assert messages(out, ben) == []


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_erased_leaves_and_leaves_nothing(out: Outside, kind: str) -> None:
    standing, anna, ben = KINDS[kind], member(out), member(out, "Ben")
    one = standing.begin(out, anna, ben)
    with out.acting():
        erase_customer(anna.pk, reason="gdpr_erasure")
    out.later(minutes=5)
    standing.goes_on(out, ben)
    assert messages(out, anna) == []
    assert [row for row in out.stand(one, ended=True) if row[1] == "EXITED"] == [("here", "EXITED")]
    assert messages(out, ben) == due(kind)
    with out.open():
        assert not Subscription.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["CONTINUE", "SHIFT", "SKIP"])
def test_a_pause_holds_and_its_end_lets_go(out: Outside, kind: str, how: str) -> None:
    """Two hours over nothing that is due: whatever is chosen, everything comes at its time, and once."""
    standing, anna = KINDS[kind], member(out)
    one = standing.begin(out, anna)
    before = out.run(anna)
    assert before is not None
    out.act(one, "pause")
    out.later(hours=2)
    assert messages(out, anna) == (["here"] if standing.sends else [])
    out.act(one, "activate", how=how)
    out.later(minutes=5)
    after = out.run(anna)
    assert after is not None
    assert after.step == "here"
    assert before.due_at is not None
    moved = timedelta(hours=2) if kind == "a length" and how == "SHIFT" else timedelta()
    assert after.due_at == before.due_at + moved
    standing.goes_on(out, anna)
    assert messages(out, anna) == due(kind)
