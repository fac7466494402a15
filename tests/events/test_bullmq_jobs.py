"""Jobs of the queue: which of the three shapes they have, and the envelope that each becomes."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.bullmq_jobs import envelope_from_job, job_type
from events.catalogue.decoding import decode_payload
from events.catalogue.registry import EVENT_TYPES, canonical
from events.envelope import Envelope, parse_envelope
from events.refusals import EnvelopeRefused, Refusal
from tests.events.contract import contract_lines, refused_lines

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
ADDED_MS = 1_772_352_000_123
ADDED_AT = datetime(2026, 3, 1, 8, 0, 0, 123_000, tzinfo=UTC)


def parsed(name: str, data: object, job_id: str = "job-77", timestamp_ms: int | None = ADDED_MS) -> Envelope:
    return parse_envelope(envelope_from_job(name, data, job_id, timestamp_ms), now=NOW)


def refusal_of(name: str, data: object, job_id: str = "41") -> EnvelopeRefused:
    with pytest.raises(EnvelopeRefused) as refused:
        parsed(name, data, job_id)
    return refused.value


@pytest.mark.parametrize("line", contract_lines(), ids=lambda line: json.loads(line)["id"])
@pytest.mark.parametrize("name", ["event", "contact.updated", "__default__"])
def test_an_envelope_passes_as_it_is_whatever_the_job_is_called(name: str, line: str) -> None:
    raw = json.loads(line)

    assert envelope_from_job(name, raw, "41", ADDED_MS) == raw
    assert envelope_from_job(name, line, "41", ADDED_MS) == raw


@pytest.mark.parametrize("name", ["event", "teetime.score.posted", "contact.updated"])
@pytest.mark.parametrize("row", refused_lines(), ids=lambda row: row.expect)
def test_each_refused_line_gets_its_code_as_a_job_too(name: str, row: Any) -> None:
    try:
        data = json.loads(row.line)
    except ValueError:
        data = row.line

    # Whether there is a club of that name is for the door to say, what the event is good for, for the inbox.
    names_a_tenant = row.expect == Refusal.UNKNOWN_TENANT and "tenantId" in data
    if names_a_tenant or row.expect.startswith("DEAD:"):
        assert parsed(name, data, "41").payload == data["payload"]
    else:
        assert refusal_of(name, data).code == row.expect


def test_a_bare_payload_is_dressed_with_what_the_job_knows() -> None:
    data = {"contactId": "contact-1001", "smsOptIn": True, "tenantId": "fairview"}

    assert envelope_from_job("contactPreference.updated", data, "job-77", ADDED_MS) == {
        "id": "job-77",
        "type": "messaging.contactPreference.updated",
        "timestamp": "2026-03-01T08:00:00.123000+00:00",
        "tenantId": "fairview",
        "payload": {"contactId": "contact-1001", "smsOptIn": True},
    }


def test_a_bare_payload_becomes_an_event_of_messaging() -> None:
    data = {
        "tenantId": "fairview",
        "identity": {"email": "a@example.com"},
        "metadata": {"correlationId": "c-1"},
        "messageId": "m-1",
        "contactId": "contact-1001",
    }

    envelope = parsed("message.delivered", data)

    assert envelope.type == "messaging.message.delivered"
    assert envelope.source == "messaging"
    assert envelope.tenant_key == "fairview"
    assert envelope.occurred_at == ADDED_AT
    assert envelope.identity == {"email": "a@example.com"}
    assert envelope.metadata == {"correlationId": "c-1"}
    assert envelope.payload == {"messageId": "m-1", "contactId": "contact-1001"}


def test_the_id_of_a_bare_payload_is_not_the_events() -> None:
    envelope = parsed("contact.created", {"id": "contact-1001", "tenantId": "fairview"})

    assert envelope.id == "job-77"
    assert envelope.payload == {"id": "contact-1001"}


def test_a_bare_payload_may_say_when_it_happened() -> None:
    own = parsed("email.opened", {"tenantId": "fairview", "timestamp": "2026-02-01T10:00:00Z"})
    foreign = parsed("email.opened", {"tenantId": "fairview", "timestamp": 5})

    assert own.occurred_at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert foreign.occurred_at == ADDED_AT


def test_a_bare_payload_may_have_a_type_and_a_source_of_its_own() -> None:
    handicap = parsed("handicap.updated", {"tenantId": "fairview", "newHandicap": 3, "source": "GOLF_RSA"})
    bounce = parsed("message.bounced", {"tenantId": "fairview", "messageId": "m-1", "type": "hard"})

    assert (handicap.type, handicap.source) == ("teetime.handicap.updated", "teetime")
    assert handicap.payload == {"newHandicap": 3, "source": "GOLF_RSA"}
    assert bounce.type == "messaging.message.bounced"
    assert bounce.payload == {"messageId": "m-1", "type": "hard"}


def test_a_wrapped_payload_is_unwrapped() -> None:
    data = {
        "eventId": "evt-9",
        "tenantId": "fairview",
        "payload": {"id": "x", "contactId": "contact-1001", "emailOptIn": False},
    }

    assert envelope_from_job("consent.changed", data, "41", ADDED_MS) == {
        "id": "evt-9",
        "type": "messaging.consent.changed",
        "timestamp": "2026-03-01T08:00:00.123000+00:00",
        "tenantId": "fairview",
        "payload": {"id": "x", "contactId": "contact-1001", "emailOptIn": False},
    }
    assert parsed("consent.changed", data).type == "messaging.contactPreference.updated"


def test_a_wrapped_payload_may_carry_time_identity_and_metadata() -> None:
    envelope = parsed(
        "contact.deleted",
        {
            "eventId": "evt-9",
            "tenantId": "fairview",
            "timestamp": "2026-02-01T10:00:00Z",
            "identity": {"messagingContactId": "contact-1001"},
            "metadata": {"userId": "u"},
            "version": "2.0",
            "payload": {},
        },
    )

    assert envelope.id == "evt-9"
    assert envelope.occurred_at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert envelope.identity == {"messagingContactId": "contact-1001"}
    assert envelope.metadata == {"userId": "u"}
    assert envelope.version == "2.0"


@pytest.mark.parametrize(
    ("ids", "event_id"),
    [
        ({"eventId": "evt-9", "id": "other"}, "evt-9"),
        ({"id": "evt-8"}, "evt-8"),
        ({"eventId": None}, "job-77"),
        ({}, "job-77"),
    ],
)
def test_the_job_id_stands_in_where_a_wrapped_payload_has_no_id(ids: dict[str, Any], event_id: str) -> None:
    data = {**ids, "tenantId": "fairview", "payload": {"contactId": "contact-1001"}}

    assert parsed("contact.updated", data).id == event_id


@pytest.mark.parametrize("data", [{"tenantId": "fairview"}, {"tenantId": "fairview", "payload": {}}])
def test_a_counted_job_id_is_made_unlike_any_other_event_id(data: dict[str, Any]) -> None:
    before = parsed("contact.updated", data, job_id="17").id
    again = parsed("contact.updated", data, job_id="17").id
    after_the_queue_was_emptied = parsed(
        "contact.updated", data, job_id="17", timestamp_ms=ADDED_MS + 60_000
    ).id

    assert before == again == "bullmq:17:1772352000123"
    assert after_the_queue_was_emptied == "bullmq:17:1772352060123"


@pytest.mark.parametrize("job_id", ["order-5", "repeat:abc:1772352000123", "🏌", "17a", "6f1b0a52-8a7e"])
def test_a_chosen_job_id_is_kept_as_it_is(job_id: str) -> None:
    assert parsed("contact.updated", {"tenantId": "fairview"}, job_id=job_id).id == job_id


def test_a_chosen_job_id_serves_an_envelope_without_one() -> None:
    raw = {key: value for key, value in json.loads(contract_lines()[0]).items() if key != "id"}

    assert parsed("event", raw, "order-5").id == "order-5"
    assert parsed("event", {**raw, "eventId": "evt-9"}, "order-5").id == "evt-9"
    assert refusal_of("event", raw, "17").message == "id is missing; it must be text."


def test_an_envelope_must_say_itself_when_it_happened_and_what_it_is() -> None:
    raw = json.loads(contract_lines()[0])

    for field, code in (
        ("timestamp", "INVALID_TIMESTAMP"),
        ("type", "INVALID_ENVELOPE"),
        ("payload", "INVALID_ENVELOPE"),
    ):
        part = {key: value for key, value in raw.items() if key != field}
        refused = refusal_of("scl.member.created", part)
        assert (refused.code, refused.field) == (code, field)


@pytest.mark.parametrize(
    ("name", "event_type"),
    [
        ("contact.created", "messaging.contact.created"),
        ("messaging.contact.created", "messaging.contact.created"),
        ("sms.replied", "messaging.sms.replied"),
        ("email.complained", "messaging.email.complained"),
        ("message.unsubscribed", "messaging.message.unsubscribed"),
        ("link.clicked", "messaging.link.clicked"),
        ("member.updated", "member.updated"),
        ("scl.payment.received", "scl.payment.received"),
        ("teetime.player.teleported", "teetime.player.teleported"),
        ("template.published", "messaging.template.published"),
        ("", "messaging."),
    ],
)
def test_a_jobs_name_without_a_service_is_one_of_messagings(name: str, event_type: str) -> None:
    assert job_type(name) == event_type


def test_each_type_of_messaging_is_found_by_its_bare_name() -> None:
    names = [t.name.removeprefix("messaging.") for t in EVENT_TYPES if t.source == "messaging"]

    assert all(canonical(job_type(name)) is canonical(f"messaging.{name}") for name in names)
    assert len(names) == 13


@pytest.mark.parametrize(
    "line", [line for line in contract_lines() if json.loads(line)["source"] == "messaging"]
)
def test_events_of_messaging_mean_the_same_in_all_three_shapes(line: str) -> None:
    raw = json.loads(line)
    known = canonical(raw["type"])
    assert known is not None
    name = known.name.removeprefix("messaging.")
    common = {key: raw[key] for key in ("tenantId", "timestamp", "identity")}

    whole = parsed("event", raw)
    wrapped = parsed(name, {"eventId": raw["id"], "payload": raw["payload"], **common})
    bare = parsed(name, {**raw["payload"], **common}, job_id=raw["id"])

    for envelope in (wrapped, bare):
        assert (envelope.id, envelope.type, envelope.source) == (whole.id, whole.type, whole.source)
        assert (envelope.occurred_at, envelope.tenant_key) == (whole.occurred_at, whole.tenant_key)
        assert envelope.identity == whole.identity
        assert decode_payload(known, envelope.payload) == decode_payload(known, whole.payload)


@pytest.mark.parametrize("data", [None, 5, [1, 2], "[1, 2]", "7", True])
def test_data_that_is_no_object_is_refused(data: object) -> None:
    refused = refusal_of("contact.created", data)

    assert refused.code == Refusal.INVALID_ENVELOPE
    assert (
        refused.message
        == "The job's data must be a JSON object: an envelope, or a payload with its tenantId."
    )


def test_text_that_is_no_json_is_refused_as_such() -> None:
    assert refusal_of("contact.created", '{"id": ').code == Refusal.INVALID_JSON


def test_numbers_that_slip_through_the_queues_reader_are_refused() -> None:
    refused = refusal_of("message.sent", {"tenantId": "fairview", "messageId": "m", "score": math.nan})

    assert (refused.code, refused.field) == (Refusal.INVALID_JSON, "payload.score")


def test_a_payload_without_tenant_names_no_tenant() -> None:
    assert refusal_of("contact.created", {"contactId": "c-1"}).code == Refusal.UNKNOWN_TENANT
    assert refusal_of("contact.created", {}).code == Refusal.UNKNOWN_TENANT


@pytest.mark.parametrize("timestamp_ms", [None, 10**30, -(10**30)])
def test_without_any_time_an_event_is_refused(timestamp_ms: int | None) -> None:
    with pytest.raises(EnvelopeRefused) as refused:
        parsed("contact.created", {"tenantId": "fairview"}, timestamp_ms=timestamp_ms)

    assert refused.value.code == Refusal.INVALID_TIMESTAMP


def test_the_jobs_data_is_left_untouched() -> None:
    data = {"tenantId": "fairview", "eventId": "e", "payload": {"contactId": "c"}}
    copy = json.loads(json.dumps(data))

    envelope_from_job("contact.created", data, "41", ADDED_MS)

    assert data == copy


NAMES = st.sampled_from(
    ["id", "eventId", "type", "version", "source", "tenantId", "payload", "timestamp", "identity"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=5)
    ),
)


@given(
    name=st.text(max_size=12) | st.sampled_from(["contact.created", "event", "scl.member.created"]),
    data=JSON | st.dictionaries(NAMES, JSON, max_size=7),
    job_id=st.text(min_size=1, max_size=8) | st.integers(min_value=1).map(str),
    timestamp_ms=st.none() | st.integers(),
)
def test_any_job_is_an_envelope_or_refused(
    name: str, data: object, job_id: str, timestamp_ms: int | None
) -> None:
    try:
        envelope = parsed(name, data, job_id, timestamp_ms)
    except EnvelopeRefused:
        return

    assert 0 < len(envelope.id) <= 200


@pytest.mark.parametrize("empty", ["undefined", "null", "N/A", "[object Object]", "${eventId}", "0"])
def test_an_id_that_stands_for_nothing_is_none(empty: str) -> None:
    bare = {"contactId": "contact-1001", "tenantId": "fairview", "eventId": empty}
    wrapped = {"eventId": empty, "tenantId": "fairview", "payload": {"contactId": "contact-1001"}}
    whole = {
        "id": empty,
        "type": "messaging.contact.created",
        "version": "1.0",
        "source": "messaging",
        "tenantId": "fairview",
        "timestamp": "2026-03-01T08:00:00Z",
        "payload": {"contactId": "contact-1001"},
    }

    counted = f"bullmq:41:{ADDED_MS}"
    assert [parsed("contact.created", data, "41").id for data in (bare, wrapped)] == [counted, counted]
    assert parsed("contact.created", bare, "undefined").id == f"bullmq:undefined:{ADDED_MS}"
    # Who dates its events itself may publish one again, under another count.
    assert (parsed("event", whole, "job-77").id, refusal_of("event", whole).field) == ("job-77", "id")
