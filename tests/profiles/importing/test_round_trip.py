"""What the platform writes it reads back: an untouched export of anybody changes nobody."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from profiles.editing import create_customer
from profiles.errors import InvalidFields, KeyInUse
from profiles.exchange.exporting.files import ExportFormat, export_customers
from profiles.exchange.importing.jobs import choose_columns, work_on
from profiles.exchange.importing.opening import open_import
from profiles.models import CustomerProfile, ImportOutcome, ImportRow
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.examples import examples
from tests.profiles.stories import member, tell

# Names that a reader of spreadsheets would take for something else.
ODD: list[str] = [
    "VAN WYK",
    "Null",
    "NA",
    "unknown",
    "TBA",
    "J.P.",
    "Anna & Piet",
    "Familie Botha",
    "=1+1",
    "+27",
    "-",
    "@home",
    "12345",
    "O&#39;Brien",
    "a@x.example",
    "'Anna",
    '="Jaco"',
    "x;=2",
    'Anna "Annie"',
    "#REF!",
    "ＡＮＮＡ",
    "Mr Smith",
    "(null)",
    "王伟",
    "Botha, Anna",
    "Anna\tB",
    "1984",
]
NAMES = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(categories=("L", "M", "N", "P", "S", "Zs")), min_size=1, max_size=12),
)
PERSON = st.fixed_dictionaries(
    {"firstName": NAMES},
    optional={
        "lastName": NAMES,
        "displayName": NAMES,
        "gender": st.sampled_from(["MALE", "male", "F", "OTHER", "x y"]),
        "postcode": st.sampled_from(["0081", "81", "SW1A 1AA", "0", "D-80331", "sw1"]),
        "country": st.sampled_from(["ZA", "NA", "SA", "Narnia"]),
        "language": st.sampled_from(["en", "af", "Klingonisch", "NA"]),
        "dateOfBirth": st.dates().filter(lambda day: 1901 <= day.year <= 2020).map(str),
        "phoneNumber": st.integers(821_000_000, 829_999_999).map(lambda number: f"0{number}"),
        "email": st.integers(0, 10**6).map(lambda number: f"p{number}@example.org"),
        "tags": st.lists(
            st.one_of(st.sampled_from(["Golf, Senior", "*star", "VIP", "vip", "'q'"]), NAMES), max_size=4
        ),
    },
)


@pytest.mark.parametrize("file_format", [ExportFormat.CSV, ExportFormat.XLSX])
# Shrinking would make and export people for minutes.
@settings(
    max_examples=examples(8),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(people=st.lists(PERSON, min_size=3, max_size=8))
def test_an_untouched_export_changes_nobody(
    file_format: ExportFormat, people: list[dict[str, Any]], fairview: Club
) -> None:
    with tenant_scope(fairview.tenant):
        for person in people:
            try:
                create_customer(person)
            except (InvalidFields, KeyInUse):
                continue
    check_unchanged(fairview, file_format)


@pytest.mark.parametrize("file_format", [ExportFormat.CSV, ExportFormat.XLSX])
def test_what_services_say_comes_back_unchanged(file_format: ExportFormat, fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(
            1, firstName="THANDI", lastName="NULL", status="Half price", membershipTierName="7-day; weekday",
            memberSince="1970-01-01", membershipExpiry="9999-12-31", dateOfBirth="1984-05-17",
        ),
        member(2, firstName="=cmd", lastName="+1", status="ACTIVE", membershipTierName="=Gold"),
    )  # fmt: skip
    check_unchanged(fairview, file_format)


def check_unchanged(club: Club, file_format: ExportFormat) -> None:
    with tenant_scope(club.tenant):
        export = export_customers(CustomerProfile.objects.all(), file_format, [])
        total = CustomerProfile.objects.count()
        content = b"".join(export.parts)
        member_import, guesses = open_import(f"own.{file_format}", content)
        choose_columns(member_import, [guess.target.value for guess in guesses])
        work_on(member_import.pk)
        rows = list(ImportRow.objects.filter(import_id=member_import.pk))

    assert [(row.outcome, row.changes, row.reason) for row in rows] == [
        (ImportOutcome.UNCHANGED, [], "")
    ] * total
    assert total > 0
