"""Hold-out and shares by hash, the same in Python and in SQL; links."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from django.db import connection

from campaigns import buckets, links


def test_sql_and_python_agree(db: None) -> None:
    people = [uuid4() for _ in range(500)]
    expression = buckets.bucket_sql("%(salt)s", "person")

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT person, {expression} FROM unnest(%(people)s::uuid[]) AS people(person)",
            {"salt": "hold-out:1", "people": people},
        )
        found = dict(cursor.fetchall())

    assert found == {person: buckets.bucket("hold-out:1", person) for person in people}


def test_buckets_are_even_and_salts_independent() -> None:
    people = [UUID(int=number) for number in range(20_000)]
    first = {person for person in people if buckets.bucket("a", person) < 1000}
    second = {person for person in people if buckets.bucket("b", person) < 1000}

    assert len(first) == pytest.approx(2000, abs=130)
    assert len(first & second) == pytest.approx(200, abs=45)


def test_shares_follow_the_weights() -> None:
    bounds = buckets.limits([1, 3], share_percent=40)
    people = [UUID(int=number) for number in range(20_000)]
    shares = Counter(buckets.variant_of("s", person, bounds) for person in people)

    assert bounds == [1000, 4000]
    assert shares[0] == pytest.approx(2000, abs=150)
    assert shares[1] == pytest.approx(6000, abs=250)
    assert shares[None] == pytest.approx(12_000, abs=300)


def test_a_test_of_everybody_leaves_nobody_over() -> None:
    assert buckets.limits([1, 1, 1])[-1] == buckets.BUCKETS
    with pytest.raises(ValueError, match="positive"):
        buckets.limits([0, 0])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://club.example/open", "https://club.example/open?utm_source=crm&utm_medium=email"),
        ("https://club.example/?a=1#top", "https://club.example/?a=1&utm_source=crm&utm_medium=email#top"),
        (
            "https://club.example/?utm_source=poster",
            "https://club.example/?utm_source=poster&utm_medium=email",
        ),
        ("https://{{ host }}/x", "https://{{ host }}/x"),
        ("mailto:pro@club.example", "mailto:pro@club.example"),
    ],
)
def test_a_link_gets_what_it_does_not_state(url: str, expected: str) -> None:
    assert links.tagged(url, {"utm_source": "crm", "utm_medium": "email"}) == expected


def test_every_link_in_a_text_is_tagged_and_the_sentence_stays() -> None:
    utm = {"utm_source": "crm"}

    assert links.tag_links("See https://a.example/x. Or (https://b.example/)!", utm) == (
        "See https://a.example/x?utm_source=crm. Or (https://b.example/?utm_source=crm)!"
    )
    assert links.tag_links('<a href="https://a.example/?x=1&amp;y=2">', utm) == (
        '<a href="https://a.example/?x=1&amp;y=2&amp;utm_source=crm">'
    )


def test_the_parameters_say_channel_campaign_and_variant() -> None:
    assert links.parameters(channel="EMAIL", campaign="Spring Open 2026!", variant="B") == {
        "utm_source": "crm",
        "utm_medium": "email",
        "utm_campaign": "spring-open-2026",
        "utm_content": "B",
    }
    assert links.links_in("https://a.example/ and https://a.example/ and https://b.example/x") == [
        "https://a.example/",
        "https://b.example/x",
    ]


def test_an_address_is_told_without_what_analytics_read() -> None:
    url = "https://club.example/book?day=sat&utm_source=crm&utm_content=A#top"

    assert links.without_parameters(url) == "https://club.example/book?day=sat#top"
    assert links.without_parameters("https://[your link]") == "https://[your link]"
