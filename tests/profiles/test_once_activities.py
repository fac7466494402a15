"""What has an id of its own happens once, whoever tells it how often; sums hold one currency."""

from datetime import timedelta
from typing import Any

import pytest

from events.models import InboxEvent
from profiles.models import Activity, CustomerProfile
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.stories import START, Event, booking, event, member, tell


def paid(
    payment_id: str, amount_cents: int, *, at: int = 0, currency: str = "ZAR", kind: str = "received"
) -> Event:
    payload = {"id": payment_id, "memberId": 4711, "amountCents": amount_cents, "currency": currency}
    return event(f"scl.payment.{kind}", payload, at=at)


def figures(tenant: Tenant) -> tuple[int, int]:
    """Lifetime value and rows of payments."""
    with tenant_scope(tenant):
        customer = CustomerProfile.objects.get(scl_member_id=4711)
        rows = Activity.objects.filter(profile_id=customer.pk, category="PAYMENT")
        return customer.lifetime_value_cents, rows.count()


@pytest.mark.parametrize("batches", [1, 3])
def test_a_payment_that_is_told_three_times_counts_once(batches: int, fairview: Club) -> None:
    tell(fairview.tenant, member(4711, firstName="Sanet"))
    tellings = [paid("pay-1", 150_000, at=minute) for minute in (1, 1, 2)]
    for start in range(0, 3, 3 // batches):
        tell(fairview.tenant, *tellings[start : start + 3 // batches])

    assert figures(fairview.tenant) == (150_000, 1)


@pytest.mark.parametrize("together", [True, False])
def test_a_later_telling_with_another_amount_counts_instead_and_an_older_one_does_not(
    together: bool, fairview: Club
) -> None:
    tell(fairview.tenant, member(4711, firstName="Sanet"))
    tellings = [
        paid("pay-1", 100_000, at=1),
        paid("pay-1", 180_000, at=5),
        paid("pay-1", 120_000, at=3),
        paid("pay-2", 5_000, at=4),
    ]
    for group in [tellings] if together else [[one] for one in tellings]:
        tell(fairview.tenant, *group)

    assert figures(fairview.tenant) == (185_000, 2)
    with tenant_scope(fairview.tenant):
        row = Activity.objects.get(metadata__paymentId="pay-1")
    assert row.metadata["amountCents"] == 180_000
    assert "1 800" in row.title.replace("\u00a0", " ")


def test_a_refund_told_twice_is_taken_off_once(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(4711, firstName="Sanet"),
        paid("pay-1", 150_000, at=1),
        paid("r-1", 50_000, at=2, kind="refunded"),
        paid("r-1", 50_000, at=3, kind="refunded"),
    )

    assert figures(fairview.tenant) == (100_000, 3 - 1)


def test_a_booking_told_twice_is_one_for_the_booker_and_the_partner(fairview: Club) -> None:
    partners: list[dict[str, Any]] = [{"name": "Ben Nel", "playerId": "p-2"}]
    tell(
        fairview.tenant,
        booking("p-1", id="b-1", players=partners, at=1),
        booking("p-1", id="b-1", players=partners, at=2),
        booking("p-1", id="b-2", players=partners, at=3),
    )

    with tenant_scope(fairview.tenant):
        kinds = sorted(Activity.objects.values_list("type", flat=True))
        booker = CustomerProfile.objects.get(teetime_player_id="p-1")
    assert kinds == ["TEETIME_BOOKED"] * 2 + ["TEETIME_INVITED"] * 2
    assert booker.last_booking_at == START + timedelta(minutes=3)


def test_the_same_id_of_two_members_is_two_payments(fairview: Club) -> None:
    other = {"id": "pay-1", "memberId": 4712, "amountCents": 100, "currency": "ZAR"}
    tell(
        fairview.tenant,
        member(4711, firstName="Sanet"),
        paid("pay-1", 200, at=1),
        event("scl.payment.received", other, at=2),
    )

    assert figures(fairview.tenant) == (200, 1)
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get(scl_member_id=4712).lifetime_value_cents == 100


def by_mail(payment_id: str, amount_cents: int, *, at: int) -> Event:
    payload = {"id": payment_id, "email": "sanet@nel.example", "amountCents": amount_cents, "currency": "ZAR"}
    return event("scl.payment.received", payload, at=at)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("is_number_first", [True, False])
def test_a_payment_told_once_by_number_and_once_by_address_counts_once(
    is_number_first: bool, together: bool, fairview: Club
) -> None:
    known = member(4711, firstName="Sanet", email="sanet@nel.example")
    tellings = [paid("pay-1", 150_000, at=1), by_mail("pay-1", 150_000, at=2)]
    if not is_number_first:
        tellings = [by_mail("pay-1", 150_000, at=1), paid("pay-1", 150_000, at=2)]
    for group in [[known, *tellings]] if together else [[known], *[[one] for one in tellings]]:
        tell(fairview.tenant, *group)

    assert figures(fairview.tenant) == (150_000, 1)
    tell(fairview.tenant, by_mail("pay-1", 160_000, at=9), paid("pay-2", 1_000, at=10))
    assert figures(fairview.tenant) == (161_000, 2)


def test_a_payment_told_by_address_before_the_member_is_known_counts_once(fairview: Club) -> None:
    tell(fairview.tenant, by_mail("pay-1", 150_000, at=1))
    tell(fairview.tenant, member(4711, firstName="Sanet", email="sanet@nel.example", at=2))
    tell(fairview.tenant, paid("pay-1", 150_000, at=3))

    assert figures(fairview.tenant) == (150_000, 1)


def test_amounts_in_other_currencies_are_never_added_up(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(4711, firstName="Elmarie"),
        paid("z", 100_000),
        paid("u", 100_000, currency="USD"),
        paid("j", 100_000, currency="JPY"),
        paid("u", 70_000, currency="USD", at=4),
    )

    assert figures(fairview.tenant) == (100_000, 3)
    with tenant_scope(fairview.tenant):
        titles = sorted(Activity.objects.filter(category="PAYMENT").values_list("title", flat=True))
    assert [title for title in titles if "JP" in title or "¥" in title] == [titles[0]]
    assert "100 000" in titles[0].replace("\u00a0", " ")


def test_an_id_that_stands_for_nothing_makes_no_two_payments_one(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(4711, firstName="Jana"),
        paid("undefined", 5_000, at=1) | {"id": "p-1"},
        paid("undefined", 7_000, at=2),
        paid("0", 100, at=3),
        paid("0", 100, at=4),
    )

    assert figures(fairview.tenant) == (12_200, 4)
    with tenant_scope(fairview.tenant):
        remarks = InboxEvent.objects.get(event_id="p-1").remarks
    assert remarks == [
        {"field": "id", "text": "'undefined' stands for nothing: told again, this would count again."}
    ]


def test_a_refund_takes_off_whether_or_not_it_is_written_with_a_minus(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(4711, firstName="Dora"),
        paid("p-1", 20_000, at=1),
        paid("r-1", -7_000, at=2, kind="refunded"),
        paid("r-1", 7_000, at=3, kind="refunded"),
        paid("r-2", -500, at=4, kind="refunded"),
        paid("p-2", -1_000, at=5),
    )

    assert figures(fairview.tenant) == (11_500, 4)
    with tenant_scope(fairview.tenant):
        titles = list(Activity.objects.filter(category="PAYMENT").values_list("title", flat=True))
    assert not [title for title in titles if "-" in title]


@pytest.mark.parametrize(
    ("amount_cents", "stage"), [(0, "SUBSCRIBER"), (-100, "SUBSCRIBER"), (100, "CUSTOMER")]
)
def test_no_money_makes_nobody_a_customer(amount_cents: int, stage: str, fairview: Club) -> None:
    tell(fairview.tenant, paid("p-1", amount_cents))

    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get(scl_member_id=4711).lifecycle_stage == stage


def test_an_attempt_that_failed_is_one_however_often_it_is_told(fairview: Club) -> None:
    failed = {"id": "pay-1", "memberId": 4711, "amountCents": 5_000, "currency": "ZAR"}
    tell(
        fairview.tenant,
        member(4711, firstName="Hugo"),
        *(
            event("scl.payment.failed", {**failed, "attemptedAt": attempt}, at=minute)
            for minute, attempt in enumerate(["2026-03-01T08:00:00Z"] * 3 + ["2026-03-02T08:00:00Z"])
        ),
    )

    assert figures(fairview.tenant) == (0, 2)


@pytest.mark.parametrize(
    ("event_type", "payload"),
    [
        ("facilities.reservation.created", {"reservationId": "r-1", "startTime": "2026-03-14T07:30:00Z"}),
        ("facilities.reservation.cancelled", {"reservationId": "r-1"}),
        ("teetime.booking.cancelled", {"id": "b-1"}),
        ("teetime.booking.no_show", {"id": "b-1"}),
        ("teetime.score.posted", {"id": "s-1", "grossScore": 81}),
    ],
)
def test_whatever_has_an_id_happens_once(event_type: str, payload: dict[str, Any], fairview: Club) -> None:
    tell(fairview.tenant, member(4711, firstName="Ines"))
    whose = {"identity": {"sclMemberId": 4711}}
    tell(fairview.tenant, *(event(event_type, payload, at=minute, **whose) for minute in (1, 2)))

    with tenant_scope(fairview.tenant):
        assert Activity.objects.exclude(type="MEMBER_CREATED").count() == 1
