"""The score of identity resolution, on cases that can be counted by hand."""

from datetime import date

import pytest

from crm_platform.simulator.score import RecordKey, Score, pairs_of, score
from crm_platform.simulator.score_text import score_text
from crm_platform.simulator.truth import LOGIN, MESSAGING, SCL, TEETIME, TruePerson, TrueRecord


def person(name: str, *records: TrueRecord, notes: tuple[str, ...] = ()) -> TruePerson:
    return TruePerson(name, "fairview", f"home of {name}", name, date(1980, 1, 1), records, notes)


def member(number: int, *, email: str = "", phone: str = "") -> TrueRecord:
    return TrueRecord(SCL, str(number), name=f"Member {number}", email=email, phone=phone)


def player(value: str, *, email: str = "", phone: str = "") -> TrueRecord:
    return TrueRecord(TEETIME, value, name=f"Player {value}", email=email, phone=phone)


def contact(value: str, *, email: str = "") -> TrueRecord:
    return TrueRecord(MESSAGING, value, email=email)


def placed(**profiles: list[TrueRecord]) -> dict[RecordKey, str]:
    return {
        (record.kind, record.value): profile for profile, records in profiles.items() for record in records
    }


def test_pairs_are_counted() -> None:
    assert [pairs_of(count) for count in (0, 1, 2, 3, 4)] == [0, 0, 1, 3, 6]


def test_everybody_in_one_profile_each_is_perfect() -> None:
    anna, ben = (member(1), player("a"), contact("a")), (member(2),)

    result = score([person("Anna", *anna), person("Ben", *ben)], placed(one=[*anna], two=[*ben]))

    assert (result.true_pairs, result.found_pairs, result.right_pairs) == (3, 3, 3)
    assert (result.precision, result.recall, result.recall_with_queue) == (1.0, 1.0, 1.0)
    assert (result.people, result.records, result.unknown_records, result.profiles) == (2, 4, 0, 2)
    assert result.false_merges == result.misses == ()


def test_an_empty_world_is_perfect() -> None:
    result = score([], {})

    assert (result.precision, result.recall, result.recall_with_queue) == (1.0, 1.0, 1.0)


def test_a_false_merge_costs_precision_and_says_what_joined_them() -> None:
    anna = (member(1, email="the.nkosis@example.com"), player("a", email="The.Nkosis@example.com "))
    ben = (member(2, email="the.nkosis@example.com"),)
    people = [person("Anna", *anna, notes=("shares a mailbox",)), person("Ben", *ben)]

    result = score(people, placed(one=[*anna, *ben]))

    assert (result.found_pairs, result.right_pairs) == (3, 1)
    assert result.precision == pytest.approx(1 / 3)
    assert result.recall == 1.0
    (finding,) = result.false_merges
    assert finding.pairs == 2
    assert finding.people == ("Anna (Anna)", "Ben (Ben)")
    assert finding.profiles == ("one",)
    assert finding.reason == "records of both have the.nkosis@example.com"
    assert finding.notes == ("shares a mailbox",)


def test_a_false_merge_of_records_without_anything_in_common_is_said_to_be_one() -> None:
    anna, ben = member(1), member(2)

    result = score([person("Anna", anna), person("Ben", ben)], placed(one=[anna, ben]))

    assert result.false_merges[0].reason.startswith("nothing in common among the records")


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (
            member(1, phone="082 123 4567"),
            player("a", phone="+27821234567"),
            "both have 821234567, which did not count: sclMemberId “Member 1” | teetimePlayerId “Player a”",
        ),
        (
            member(1, email="a@example.com"),
            player("a", email="b@example.com"),
            "no e-mail or phone in common: sclMemberId “Member 1” | teetimePlayerId “Player a”",
        ),
        (
            member(1),
            member(2),
            "two records of one service (sclMemberId): sclMemberId “Member 1” | sclMemberId “Member 2”",
        ),
    ],
)
def test_a_miss_costs_recall_and_says_why(first: TrueRecord, second: TrueRecord, reason: str) -> None:
    result = score([person("Anna", first, second)], placed(one=[first], two=[second]))

    assert (result.true_pairs, result.right_pairs) == (1, 0)
    assert (result.precision, result.recall) == (1.0, 0.0)
    (finding,) = result.misses
    assert (finding.pairs, finding.profiles, finding.reason) == (1, ("one", "two"), reason)


def test_former_addresses_count_as_something_in_common() -> None:
    first = TrueRecord(SCL, "1", email="old@example.com", former=("new@example.com",))
    second = contact("c", email="new@example.com")

    result = score([person("Anna", first, second)], placed(one=[first], two=[second]))

    assert result.misses[0].reason.startswith("both have new@example.com")


def test_misses_that_wait_for_review_are_counted_apart() -> None:
    records = (member(1), player("a"), contact("c"))
    profiles = placed(one=[records[0]], two=[records[1]], three=[records[2]])

    result = score([person("Anna", *records)], profiles, {("one", "two")})

    assert (result.true_pairs, result.right_pairs, result.queued_pairs) == (3, 0, 1)
    assert result.recall == 0.0
    assert result.recall_with_queue == pytest.approx(1 / 3)


def test_records_that_the_platform_does_not_know_take_no_part() -> None:
    anna = (member(1), player("a"), TrueRecord(LOGIN, "auth-1"), TrueRecord("golfRsaId", "27"))

    result = score([person("Anna", *anna)], placed(one=[anna[0], anna[1]]))

    assert (result.records, result.unknown_records) == (3, 1)
    assert (result.true_pairs, result.right_pairs) == (1, 1)


def test_only_the_ten_worst_findings_are_kept() -> None:
    people: list[TruePerson] = []
    profiles: dict[RecordKey, str] = {}
    for number in range(1, 14):
        records = [player(f"{number}-{part}") for part in range(2 + number % 3)]
        people.append(person(f"P{number:02d}", *records))
        profiles |= placed(**{f"{number}-{part}": [record] for part, record in enumerate(records)})

    result = score(people, profiles)

    assert [finding.pairs for finding in result.misses] == [6, 6, 6, 6, 3, 3, 3, 3, 3, 1]


def a_score() -> Score:
    anna = (member(1), player("a"))
    ben = (member(2), contact("b"))
    people = [person("Anna", *anna, notes=("a twin",)), person("Ben", *ben)]
    return score(people, placed(one=[*anna, ben[0]], two=[ben[1]]))


def test_the_table_shows_counts_ratios_and_findings() -> None:
    text = score_text({"fairview": a_score()})

    head, row, *rest = text.splitlines()
    assert head.split()[:4] == ["club", "people", "records", "unknown"]
    assert row.split() == ["fairview", "2", "4", "0", "2", "2", "3", "1", "0.3333", "0.5000", "0.5000"]
    assert "fairview: people who share a profile" in rest
    assert "  2 pairs  Anna (Anna), Ben (Ben)" in text
    assert "             a twin" in rest


def test_the_table_says_when_there_is_nothing_to_find() -> None:
    assert score_text({"fairview": score([], {})}).count("  none") == 2


def test_the_score_as_data_has_the_ratios() -> None:
    document = a_score().as_dict()

    assert document["precision"] == pytest.approx(1 / 3)
    assert document["recall"] == 0.5
    assert document["misses"][0]["people"] == ("Ben (Ben)",)
