"""The history: every event can be taken, in the order of time, and tells a life that hangs together."""

import gzip
import hashlib
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from crm_platform.simulator import build_world, history
from crm_platform.simulator.clubs import CLUB_BY_SLUG
from crm_platform.simulator.files import history_path, write_history
from crm_platform.simulator.truth import LOGIN, MESSAGING, SCL, TEETIME, truth_of
from events.catalogue.decoding import decode_payload
from events.catalogue.registry import EVENT_TYPES
from events.identity_hints import IdentityKind, identity_keys
from tests.crm_platform.processes import manage
from tests.crm_platform.simulated import UNTIL, envelopes, events, world

# Too rare for a small world, or cut off by its end.
RARE = {
    "scl.member.deleted",
    "scl.member.tier.changed",
    "scl.payment.refunded",
    "messaging.contact.updated",
    "messaging.email.complained",
    "messaging.message.unsubscribed",
    "messaging.message.failed",
    "messaging.contact.deleted",
    "messaging.sms.replied",
    "feedback.unvoted",
    "feedback.shipped",
    "teetime.competition.updated",
    "teetime.competition.cancelled",
}
# They share the worlds that they look at.
pytestmark = pytest.mark.xdist_group("simulator-history")
SERVICE_IDS = {SCL, TEETIME, MESSAGING, LOGIN, "golfRsaId", "mcaV1ZaId", "mcaV1UkId"}


def fingerprint(seed: int, people: int, months: int) -> str:
    told = history(build_world(seed, people, months, UNTIL))
    return hashlib.sha256(b"\n".join(map(orjson.dumps, told))).hexdigest()


def of_type(*names: str) -> list[dict[str, Any]]:
    return [envelope.payload for envelope, event_type in envelopes() if event_type.name in names]


def test_every_event_is_taken_and_understood() -> None:
    for envelope, event_type in envelopes():
        decode_payload(event_type, envelope.payload)
        keys = identity_keys(envelope.source, event_type.name, envelope.identity, envelope.payload)
        assert keys or not event_type.needs_identity


def test_every_event_about_a_person_has_a_key_that_is_no_placeholder() -> None:
    weak = {IdentityKind.EMAIL, IdentityKind.PHONE}
    for envelope, event_type in envelopes():
        if event_type.needs_identity:
            keys = identity_keys(envelope.source, event_type.name, envelope.identity, envelope.payload)
            strong = [key for key in keys if key.kind not in weak]
            assert strong or not re.match(r"none|noemail|unknown|info|office", keys[0].value)


def test_events_come_in_the_order_of_time() -> None:
    moments = [datetime.fromisoformat(event["timestamp"]) for event in events()]

    assert moments == sorted(moments)
    assert moments[-1] <= UNTIL


def test_events_have_ids_of_their_own() -> None:
    ids = Counter((envelope.tenant_key[0], envelope.source, envelope.id) for envelope, _ in envelopes())

    assert ids.most_common(1)[0][1] == 1


def test_a_history_of_ordinary_size_has_some_sixty_events_a_person() -> None:
    per_person = len(events()) / 300 / 6 * 12

    assert 45 < per_person < 80


def test_nearly_every_type_of_the_catalogue_comes_up() -> None:
    seen = {event_type.name for _, event_type in envelopes()}

    assert {event_type.name for event_type in EVENT_TYPES} - seen <= RARE


def test_a_large_world_has_all_types() -> None:
    told = Counter[str]()
    for event in history(world(11, 1_000, 12)):
        told[event["type"]] += 1

    names = {name for event_type in EVENT_TYPES for name in (event_type.name, *event_type.aliases)}
    missing = [
        event_type.name
        for event_type in EVENT_TYPES
        if not told.keys() & {event_type.name, *event_type.aliases}
    ]
    assert told.keys() <= names
    assert set(missing) <= {"messaging.email.complained", "teetime.competition.cancelled"}


def test_services_use_aliases_of_types_and_clubs_and_leave_defaults_out() -> None:
    raw = events()

    assert {event["type"] for event in raw} >= {"teetime.booked", "email.opened", "payment.received"}
    assert {event["tenantId"] for event in raw} == {"fairview", "fv", "kingsmere", "km"}
    assert 0 < sum("source" not in event for event in raw) < len(raw) / 5
    assert 0 < sum("metadata" in event for event in raw) < len(raw) / 2


def test_services_name_people_more_or_less_completely() -> None:
    shapes = Counter((envelope.source, *sorted(envelope.identity)) for envelope, _ in envelopes())

    for shape in (
        ("scl", "sclMemberId"),
        ("scl", "email", "sclMemberId"),
        ("teetime", "teetimePlayerId"),
        ("teetime", "email", "teetimePlayerId"),
        ("messaging",),
        ("messaging", "messagingContactId"),
        ("feedback", "authUserId"),
    ):
        assert shapes[shape] > 0, shape


def test_the_truth_covers_every_service_id_of_the_history() -> None:
    known = {
        (record.kind, record.value)
        for town in world().towns
        for person in truth_of(town)
        for record in person.records
    }

    named = set()
    for envelope, event_type in envelopes():
        for key in identity_keys(envelope.source, event_type.name, envelope.identity, envelope.payload):
            if key.kind in SERVICE_IDS:
                named.add((key.kind, key.value))

    assert named <= known
    assert len(named) > 400


def test_nobody_acts_before_a_service_knows_them() -> None:
    created: set[str] = set()
    for envelope, event_type in envelopes():
        for name in ("sclMemberId", "teetimePlayerId", "messagingContactId"):
            value = str(envelope.identity.get(name, ""))
            if event_type.name.endswith((".member.created", ".player.created", ".contact.created")):
                created.add(value or str(envelope.payload.get("contactId")))
            elif value:
                assert value in created


def test_all_that_happens_to_a_booking_follows_the_booking() -> None:
    booked: set[str] = set()
    for envelope, event_type in envelopes():
        if event_type.name == "teetime.booking.created":
            booked.add(envelope.payload["id"])
        elif event_type.name.startswith("teetime.booking."):
            assert envelope.payload["id"] in booked


def test_tee_times_are_in_daylight_on_the_sheet_and_never_on_closed_days_played() -> None:
    completed = {payload["id"] for payload in of_type("teetime.booking.completed")}
    cancelled = {payload["id"] for payload in of_type("teetime.booking.cancelled")}

    assert not completed & cancelled
    for booking in of_type("teetime.booking.created"):
        tee_time = datetime.fromisoformat(booking["teeTime"])
        assert 6 <= tee_time.hour <= 15
        assert tee_time.minute % 2 == 0


def test_nobody_books_two_tee_times_for_one_day() -> None:
    days = Counter(
        (booking["playerId"], booking["teeTime"][:10]) for booking in of_type("teetime.booking.created")
    )

    assert days.most_common(1)[0][1] == 1


def test_weekends_are_busier_than_other_days() -> None:
    days = Counter(
        datetime.fromisoformat(booking["teeTime"]).weekday() for booking in of_type("teetime.booking.created")
    )

    assert days[5] + days[6] > sum(days[day] for day in range(5))


def test_partners_are_named_by_id_by_mail_by_name_or_not_at_all() -> None:
    partners = [
        frozenset(partner)
        for booking in of_type("teetime.booking.created")
        for partner in booking["players"][1:]
    ]
    guests = [
        partner
        for booking in of_type("teetime.booking.created")
        for partner in booking["players"][1:]
        if partner["name"] == "Guest"
    ]

    assert set(partners) == {
        frozenset({"name", "playerId"}),
        frozenset({"name", "email"}),
        frozenset({"name"}),
    }
    assert guests


def test_no_mail_goes_to_whoever_opted_out() -> None:
    out: set[str] = set()
    for envelope, event_type in envelopes():
        contact = str(envelope.payload.get("contactId"))
        if event_type.name in {"messaging.message.unsubscribed", "messaging.contact.deleted"}:
            out.add(contact)
        elif event_type.name == "messaging.contactPreference.updated" and "emailOptIn" in envelope.payload:
            (out.discard if envelope.payload["emailOptIn"] else out.add)(contact)
        elif event_type.name == "messaging.message.sent" and envelope.payload["channel"] == "EMAIL":
            # What was sent in the minutes around the click was under way.
            assert contact not in out or _is_near_an_opt_out(envelope.occurred_at, contact)


def _is_near_an_opt_out(moment: datetime, contact: str) -> bool:
    return any(
        abs((moment - envelope.occurred_at).total_seconds()) < 1_800
        for envelope, event_type in envelopes()
        if envelope.payload.get("contactId") == contact
        and event_type.name.startswith(("messaging.contactPreference", "messaging.message.unsub"))
    )


def test_machines_open_mails_too() -> None:
    opened = of_type("messaging.email.opened")
    by_machine = [one for one in opened if one.get("isMachine")]

    assert 0.1 < len(by_machine) / len(opened) < 0.7


def test_a_handicap_continues_from_the_one_before() -> None:
    last: dict[str, float] = {}
    for envelope, event_type in envelopes():
        payload = envelope.payload
        if event_type.name == "teetime.player.created" and "handicap" in payload:
            last[payload["id"]] = payload["handicap"]
        elif event_type.name == "teetime.handicap.updated":
            assert payload.get("previousHandicap") == last.get(payload["playerId"])
            last[payload["playerId"]] = payload["newHandicap"]


def test_a_status_follows_from_the_one_before() -> None:
    last: dict[int, str] = defaultdict(lambda: "ACTIVE")
    for payload in of_type("scl.member.status.changed"):
        assert payload["previousStatus"] == last[payload["id"]] != payload["newStatus"]
        last[payload["id"]] = payload["newStatus"]


def test_money_is_in_the_currency_of_the_club() -> None:
    for envelope, event_type in envelopes():
        if event_type.source == "scl" and "currency" in envelope.payload:
            assert envelope.payload["currency"] == CLUB_BY_SLUG[envelope.tenant_key].currency
            assert envelope.payload["amountCents"] > 0


def test_the_same_seed_tells_the_same_history_and_another_seed_another() -> None:
    assert fingerprint(5, 60, 2) == fingerprint(5, 60, 2)
    assert fingerprint(5, 60, 2) != fingerprint(6, 60, 2)


def test_telling_the_history_leaves_the_world_as_it_was() -> None:
    whole = world(people=60, months=2)

    first = list(history(whole))

    assert list(history(whole)) == first


def test_the_history_of_one_club_is_its_part_of_the_whole() -> None:
    whole = world(people=60, months=2)

    alone = list(history(whole, ("kingsmere",)))

    assert alone == [event for event in history(whole) if event["tenantId"] in {"kingsmere", "km"}]


def test_the_file_holds_the_history(tmp_path: Path) -> None:
    whole = world(people=60, months=2)

    count = write_history(whole, "fairview", tmp_path)

    lines = gzip.decompress(history_path(tmp_path, "fairview").read_bytes()).splitlines()
    assert len(lines) == count
    assert list(map(orjson.loads, lines)) == list(history(whole, ("fairview",)))
    assert [path.name for path in tmp_path.iterdir()] == ["history-fairview.ndjson.gz"]


def test_the_command_writes_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    options = ("--seed", "5", "--people", "60", "--months", "2", "--until", UNTIL.isoformat())

    done = manage("simulate", "--out", str(tmp_path), *options, PYTHONHASHSEED="1")

    assert done.returncode == 0, done.stdout
    whole = build_world(5, 60, 2, UNTIL)
    for slug in CLUB_BY_SLUG:
        expected = b"".join(orjson.dumps(event) + b"\n" for event in history(whole, (slug,)))
        assert gzip.decompress(history_path(tmp_path, slug).read_bytes()) == expected


def test_the_clock_of_a_club_is_the_one_on_its_wall() -> None:
    local = {
        datetime.fromisoformat(event["timestamp"]).utcoffset()
        for event in events()
        if event["tenantId"] == "fairview" and event.get("source") == "scl"
    }
    british = {
        datetime.fromisoformat(event["timestamp"]).utcoffset()
        for event in events()
        if event["tenantId"] == "kingsmere" and event.get("source") == "scl"
    }

    assert {str(offset) for offset in local} == {"2:00:00"}
    assert {str(offset) for offset in british} == {"0:00:00", "1:00:00"}


def test_people_are_known_from_long_before_the_history() -> None:
    first = datetime.fromisoformat(events()[0]["timestamp"])

    assert first < datetime(2015, 1, 1, tzinfo=UTC)
