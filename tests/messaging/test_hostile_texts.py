"""Texts that mean harm, or are merely odd: memory, time, headers, scripts of the world; each harms itself alone."""

import time
from typing import Any

import pytest
from django.db import connection

from messaging import liquid_limits, sending
from messaging.liquid_limits import LONGEST_TEXT
from messaging.rendering import TemplateProblem, check_text, render
from messaging.sandbox.server import Sandbox
from profiles.models import CustomerProfile
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import candidate, ledger, mail, plan, reader, said
from tests.messaging.test_mailing import Postbox, own_server, postbox  # noqa: F401 - a fixture

VALUES: dict[str, Any] = {"firstName": "Anna", "club": {"name": "Fairview"}, "event": {}, "run": {}}
TEN = "xxxxxxxxxx"


@pytest.mark.parametrize(
    "text",
    [
        # Multiplied link by link, without a variable that the library would bound.
        "{{ '" + TEN + "'" + f" | replace: 'x', '{TEN}'" * 9 + " | size }}",
        "{{ '" + TEN * 1000 + "'" + " | split: '' | join: '" + TEN * 1000 + "' | size }}",
        "{% assign a = '" + TEN + "' %}" + "{% assign a = a | append: a %}" * 40,
        "{% assign a = '" + TEN + "' %}" + "{% capture a %}{{ a }}{{ a }}{% endcapture %}" * 40,
        "{{ '" + "\n" * 50_000 + "' | newline_to_br | newline_to_br | size }}",
        # Ranges that are made whole by a filter, or searched by a condition.
        "{{ (1..1000000000) | join: ',' | size }}",
        "{{ (1..1000000000) | sort | first }}",
        "{% if (1..1000000000) contains 'x' %}x{% endif %}",
        "{% tablerow i in (1..1000000000) cols:2 %}x{% endtablerow %}",
        "{% for i in (1..2000) %}{% for j in (1..2000) %}x{% endfor %}{% endfor %}",
        # Numbers and dates.
        "{% assign a = 9 %}" + "{% assign a = a | times: a %}" * 30 + "{{ a }}",
        "{{ 9999999999" + " | times: 9999999999" * 300 + " }}",
        "{{ 'now' | date: '%999999999d' }}",
        # Files, and nesting.
        "{% include '/etc/passwd' %}",
        "{% render '/etc/passwd' %}",
        "{% if true %}" * 500 + "x" + "{% endif %}" * 500,
        "{% if " + "(" * 3000 + "true" + ")" * 3000 + " %}x{% endif %}",
    ],
)
def test_a_text_that_would_take_all_memory_or_time_is_a_problem_at_once(text: str) -> None:
    def made() -> None:
        check_text(text)
        render(text, VALUES)

    began = time.process_time()
    with pytest.raises(TemplateProblem):
        made()

    assert time.process_time() - began < 5


def test_a_text_that_only_takes_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "{% for i in (1..2000) %}" + "{{ firstName | upcase | downcase }}" * 50 + "{% endfor %}"
    monkeypatch.setattr(liquid_limits, "SECONDS", 0.0)

    with pytest.raises(TemplateProblem, match="takes too long"):
        render(slow, VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "{{ club.__class__ }}{{ firstName.__class__ }}{{ profile.__init__ }}",
        "{{ club.keys }}{{ club.items }}{{ firstName.format }}{{ club.pop }}",
        "{{ nothing.at.all[0].here }}",
    ],
)
def test_the_inside_of_values_is_not_to_be_had(text: str) -> None:
    assert render(text, VALUES).strip() == ""


def test_what_texts_usually_do_is_allowed() -> None:
    text = (
        "{{ 'a,b,c' | split: ',' | join: ' and ' }} {{ firstName | replace: 'n', 'N' }} {{ 7 | times: 6 }} "
        "{{ '2026-03-14' | date: '%d %B %Y' }} {% for i in (1..3) %}{{ i }}{% endfor %}"
    )

    assert render(text, VALUES) == "a and b and c ANNa 42 14 March 2026 123"


def test_the_longest_text_still_goes() -> None:
    assert len(render("{{ firstName }}" + "x" * (LONGEST_TEXT - 100), VALUES)) == LONGEST_TEXT - 96


ODD_NAMES = {
    "Anna\r\nBcc: everybody@example.org": "Anna Bcc: everybody@example.org, good news",
    "Anna\u2028Bcc: x\x0bX-Evil: 1": "Anna Bcc: x X-Evil: 1, good news",
    "An\x01na\x7f\x9f": "Anna, good news",
    "مرحبا سارة": "مرحبا سارة, good news",
    "שלום \u200fדנה": "שלום \u200fדנה, good news",
    "👩‍👩‍👧‍👦 Ünï": "👩‍👩‍👧‍👦 Ünï, good news",
    "x" * 3_000: "x" * 500,
}


@pytest.mark.django_db
def test_no_name_becomes_a_header_and_each_script_arrives_over_a_real_mail_server(
    fairview: Club,
    postbox: Postbox,  # noqa: F811 - as above
) -> None:
    own_server(fairview)
    message = mail(fairview.tenant, subject="{{ event.name }}, good news", body="Dear {{ event.name }}")
    people = [
        candidate(reader(fairview.tenant, f"P{place}"), message, variables={"event": {"name": name}})
        for place, name in enumerate(ODD_NAMES)
    ]
    plan(fairview.tenant, people)

    sending.send_due()

    assert [row.error for row in ledger(fairview.tenant).values() if row.status != "HANDED_OVER"] == []
    by_address = {arrived["To"]: arrived for arrived in postbox.mails}
    rows = sorted(ledger(fairview.tenant).items(), key=lambda each: int(each[0][1:]))
    # A word that is longer than a line begins on a line of its own.
    subjects = [by_address[_address(fairview, row)]["Subject"].strip() for _, row in rows]
    assert subjects == list(ODD_NAMES.values())
    for arrived in postbox.mails:
        assert (arrived["Bcc"], arrived["X-Evil"]) == (None, None)
        assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def _address(club: Club, row: Any) -> str:
    with tenant_scope(club.tenant):
        address: str = CustomerProfile.objects.get(pk=row.profile_id).email
    return address


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["jörg@example.org", "info@müller.example", "用户@例子.example", "a b@example.org", "@example.org"],
)
def test_an_address_of_another_script_is_sent_or_refused_but_never_in_doubt(
    fairview: Club,
    postbox: Postbox,  # noqa: F811 - as above
    address: str,
) -> None:
    own_server(fairview)
    people = [reader(fairview.tenant, "Odd", email=address), reader(fairview.tenant, "Anna")]
    plan(fairview.tenant, [candidate(person, mail(fairview.tenant)) for person in people])

    sending.send_due()

    found = ledger(fairview.tenant)
    assert found["Anna"].status == "HANDED_OVER"
    assert found["Odd"].status in ("HANDED_OVER", "FAILED"), found["Odd"].error
    assert len(postbox.mails) == sum(row.status == "HANDED_OVER" for row in found.values())


@pytest.mark.django_db
def test_what_an_event_says_may_be_huge_or_deep_and_costs_no_other(fairview: Club, sandbox: Sandbox) -> None:
    deep = '{"event": ' + '{"more": ' * 700 + "1" + "}" * 700 + "}"
    odd: dict[str, Any] = {
        "Long": {"name": "y" * 150_000},
        "Wide": {f"field{number}": number for number in range(5_000)},
        "Deep": {"name": "x"},
        "Number": {"name": 1},
        "Control": {"name": "\u0001\u001f"},
    }
    own = mail(fairview.tenant, subject="Hi {{ event.name }}", body="{{ event.name }} {{ event }}")
    theirs = mail(fairview.tenant, subject="", body="", template_id="welcome")
    people = []
    for name, event in odd.items():
        for text in (own, theirs):
            kind = "Own" if text is own else "Theirs"
            people.append(
                candidate(reader(fairview.tenant, f"{name}{kind}"), text, variables={"event": event})
            )
    plan(fairview.tenant, [*people, candidate(reader(fairview.tenant, "Anna"), own)])
    number = '{"event": {"name": 1' + "0" * 40 + "}}"
    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        # As the planner of campaigns does it, which reads events in the database.
        for name, variables in (("Deep", deep), ("Number", number)):
            cursor.execute(
                "UPDATE messaging_delivery SET variables = %s::jsonb WHERE profile_id IN"
                " (SELECT id FROM profiles_customerprofile WHERE first_name LIKE %s)",
                [variables, f"{name}%"],
            )

    sending.send_due()

    found = said(fairview.tenant)
    assert {name for name, what in found.items() if what == "CONTENT"} == {"DeepOwn", "DeepTheirs", "LongOwn"}
    assert set(found.values()) == {"HANDED_OVER", "CONTENT"}
