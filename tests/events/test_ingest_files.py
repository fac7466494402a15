"""The file door: lines become rows or rejects, and running a file again changes nothing."""

import gzip
import json
import sys
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from events.models import Door, InboxEvent, InboxStatus
from events.transports.files import LONGEST_LINE_BYTES, FileDoor, Line, read_lines
from profiles.models import CustomerProfile
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.events.contract import contract_lines, refused_lines
from tests.events.envelopes import event
from tests.events.queueing import inbox_ids

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fairview")]


def text(*events: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in events)


def write(folder: Path, content: bytes, name: str = "events.ndjson") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def ingest(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("ingest_events", *arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def rejects(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path + ".rejects.ndjson").read_text().splitlines()]


def test_every_event_of_the_contract_is_accepted(tmp_path: Path) -> None:
    path = write(tmp_path, "\n".join(contract_lines()).encode())

    said = ingest(path)

    with all_tenants():
        rows = list(InboxEvent.objects.order_by("pk"))
    assert [row.envelope for row in rows] == [json.loads(line) for line in contract_lines()]
    assert {(row.door, row.priority, row.status) for row in rows} == {(Door.FILE, 4, InboxStatus.PENDING)}
    assert f"{len(rows)} accepted, 0 duplicates, 0 rejected" in said
    assert not Path(path + ".rejects.ndjson").exists()


def test_every_refused_line_is_a_reject_with_its_code(tmp_path: Path) -> None:
    lines = refused_lines()
    path = write(tmp_path, "\n".join(line.line for line in lines).encode())

    said = ingest(path)

    expected = [
        (number, line.expect, line.line)
        for number, line in enumerate(lines, start=1)
        if not line.expect.startswith("DEAD:")
    ]
    assert [(reject["line"], reject["code"], reject["text"]) for reject in rejects(path)] == expected
    assert all(set(reject) == {"line", "code", "message", "text"} for reject in rejects(path))
    assert len(inbox_ids()) == len(lines) - len(expected)
    assert f"{len(expected)} rejected (INVALID_ENVELOPE " in said
    assert f"{len(expected)} rejected lines with the reason: {path}.rejects.ndjson" in said


def test_a_file_that_is_run_again_brings_nothing_new(tmp_path: Path) -> None:
    path = write(tmp_path, text(*(event(id=f"e-{n}") for n in range(20))))

    first, second = ingest(path), ingest(path)

    assert "20 accepted, 0 duplicates" in first
    assert "0 accepted, 20 duplicates" in second
    assert inbox_ids() == [f"e-{n}" for n in range(20)]


def test_a_known_beginning_is_looked_up_and_the_rest_is_stored() -> None:
    read(text(*(event(id=f"e-{n}") for n in range(7))))

    door = read(text(*(event(id=f"e-{n % 12}") for n in range(24))), batch_lines=3)

    assert (door.summary.lines, door.summary.accepted, door.summary.duplicates) == (24, 5, 19)
    assert inbox_ids() == [f"e-{n}" for n in range(12)]


def test_events_of_several_clubs_and_names_of_clubs_come_in_one_file(fairview: Club, kingsmere: Club) -> None:
    names = ["fairview", "FAIRVIEW-GC", str(kingsmere.tenant.pk), "kingsmere"]
    door = read(text(*(event(id="same", tenantId=name) for name in names)))

    assert (door.summary.accepted, door.summary.duplicates) == (2, 2)
    assert door.summary.tenants == {fairview.tenant.pk, kingsmere.tenant.pk}
    for club in (fairview, kingsmere):
        with tenant_scope(club.tenant):
            assert InboxEvent.objects.get().event_id == "same"


def read(content: bytes, *, batch_lines: int = 4000, dry_run: bool = False) -> FileDoor:
    door = FileDoor(dry_run=dry_run, batch_lines=batch_lines)
    door.take(BytesIO(content), on_reject=lambda reject: None, on_batch=lambda: None)
    return door


def test_lines_may_end_and_begin_in_several_ways(tmp_path: Path) -> None:
    first, second, third = (json.dumps(event(id=f"e-{n}")).encode() for n in range(3))
    path = write(tmp_path, b"\xef\xbb\xbf" + first + b"\r\n\n   \n" + second + b" \n" + third)

    said = ingest(path)

    assert inbox_ids() == ["e-0", "e-1", "e-2"]
    assert "5 lines" in said
    assert " 0 rejected" in said


def test_an_endless_line_is_one_reject_and_its_neighbours_are_accepted(tmp_path: Path) -> None:
    path = write(tmp_path, text(event(id="before")) + b"x" * 10_000_000 + b"\n" + text(event(id="after")))

    ingest(path)

    assert inbox_ids() == ["before", "after"]
    (reject,) = rejects(path)
    assert (reject["line"], reject["code"]) == (2, "INVALID_ENVELOPE")
    assert reject["text"] == "x" * LONGEST_LINE_BYTES


@pytest.mark.parametrize("size", [LONGEST_LINE_BYTES - 2, LONGEST_LINE_BYTES, 3 * LONGEST_LINE_BYTES + 1])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_lines_are_counted_and_measured_whatever_their_length(size: int, end: bytes) -> None:
    lines = list(read_lines(BytesIO(b"a\n" + b"x" * size + end)))

    assert [(line.number, len(line.text)) for line in lines] == [(1, 1), (2, min(size, LONGEST_LINE_BYTES))]
    assert lines[1].size - len(end) == size
    assert lines[0] == Line(1, b"a", 2)


def test_compressed_files_are_known_by_their_content(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(text(event(id="packed"))), name="export.dat")

    ingest(path)

    assert inbox_ids() == ["packed"]


def test_a_torn_file_stays_as_far_as_it_was_stored_and_goes_on_when_it_is_whole(tmp_path: Path) -> None:
    whole = gzip.compress(text(*(event(id=f"e-{n}") for n in range(4400))))
    path = write(tmp_path, whole[: len(whole) * 98 // 100], name="events.ndjson.gz")

    with pytest.raises(CommandError, match=r"After 4,000 lines: Compressed file ended"):
        ingest(path)
    stored = len(inbox_ids())
    write(tmp_path, whole, name="events.ndjson.gz")
    said = ingest(path)

    assert stored == 4000
    assert "400 accepted, 4,000 duplicates" in said


def test_standard_input_is_a_source_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, text(event(id="piped")) + b"rubbish\n")
    monkeypatch.chdir(tmp_path)
    with Path(path).open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        said = ingest("-")

    assert inbox_ids() == ["piped"]
    assert "1 rejected line with the reason: stdin.rejects.ndjson" in said
    assert [reject["text"] for reject in rejects("stdin")] == ["rubbish"]


def test_rejects_of_several_files_can_go_into_one(tmp_path: Path) -> None:
    paths = [write(tmp_path, content, name=name) for name, content in (("a", b"1\n"), ("b", b"2\n"))]
    target = tmp_path / "rejected"

    ingest(*paths, rejects=str(target))

    assert [json.loads(line)["text"] for line in target.read_text().splitlines()] == ["1", "2"]


def test_a_dry_run_only_tells(tmp_path: Path) -> None:
    ingest(write(tmp_path, text(event(id="known"))))
    events = [event(id="known"), event(id="new"), event(id="new"), event(id="other", tenantId="nobody")]
    path = write(tmp_path, text(*events))

    said = ingest(path, "--dry-run")

    assert "1 would be accepted, 2 duplicates, 1 rejected (UNKNOWN_TENANT 1)" in said
    assert inbox_ids() == ["known"]


def test_rejects_are_an_error_only_where_that_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, text(event(id="good")) + b"rubbish\n")
    ingest(path)

    with pytest.raises(SystemExit) as ended:
        ingest(path, "--strict")

    assert ended.value.code == 1


def test_a_file_that_is_not_there_is_said_so() -> None:
    with pytest.raises(CommandError, match="No such file"):
        ingest("nowhere.ndjson")


def test_waiting_works_the_inbox_off_here_when_no_worker_answers(fairview: Club, tmp_path: Path) -> None:
    created = [
        event(id=f"m-{n}", type="scl.member.created", source="scl", identity={}, payload={"id": n})
        for n in range(1, 31)
    ]
    path = write(tmp_path, text(*created))

    said = ingest(path, "--wait")

    assert "30 events worked off in " in said
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.count() == 30
        assert set(InboxEvent.objects.values_list("status", flat=True)) == {InboxStatus.SUCCESS}
