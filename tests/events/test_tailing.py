"""Following the log: server-sent events for screens, and forwarding for developers."""

import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any, Final

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from crm_platform import env
from events.management.commands.listen import forwarded
from events.tailing import LogPlace, end_of_log, read_on
from events.webhooks.signing import new_secret, signature
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.crm_platform.processes import TIMEOUT_SECONDS
from tests.events.logbook import settle
from tests.profiles.stories import member, tell

STREAM = "/api/v1/stream"

pytestmark = pytest.mark.django_db(transaction=True)


def follow(club: Club, place: str = "", types: str = "") -> list[dict[str, str]]:
    """The parts of an answer, as a reader of server-sent events takes them apart; all that was written is in it."""
    settle()
    headers = factories.bearer(club.tenant) | ({"Last-Event-ID": place} if place else {})
    answer = Client(headers=headers).get(STREAM, {"types": types} if types else {})
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "text/event-stream"
    parts = answer.content.decode().strip().split("\n\n")
    return [dict(line.split(": ", 1) for line in part.split("\n")) for part in parts]


def told_by(parts: list[dict[str, str]]) -> list[dict[str, str]]:
    """The parts that show something."""
    return [part for part in parts if "data" in part]


def test_a_screen_follows_from_now_on_and_misses_nothing(fairview: Club, kingsmere: Club) -> None:
    tell(fairview.tenant, member(1))
    retry, start = follow(fairview)
    tell(fairview.tenant, member(2, firstName="Anna"))
    tell(kingsmere.tenant, member(3))

    told = told_by(follow(fairview, start["id"]))
    after = told_by(follow(fairview, told[-1]["id"]))
    tell(fairview.tenant, member(4))

    assert retry == {"retry": "2000"}
    assert [each["event"] for each in told] == ["crm.profile.created"]
    assert orjson.loads(told[0]["data"])["payload"]["firstName"] == "Anna"
    assert after == []
    assert len(told_by(follow(fairview, told[-1]["id"]))) == 1


def test_only_what_is_asked_for_is_told(fairview: Club) -> None:
    start = follow(fairview)[1]["id"]
    tell(fairview.tenant, member(1))

    assert told_by(follow(fairview, start, "crm.profile.merged")) == []
    assert len(told_by(follow(fairview, start, "crm.profile.merged,crm.profile.created"))) == 1


def test_who_asks_for_something_rare_comes_along_with_the_log(fairview: Club) -> None:
    start = follow(fairview)[1]["id"]
    tell(fairview.tenant, member(1))
    settle()
    with tenant_scope(fairview.tenant):
        end = end_of_log()

    moved = follow(fairview, start, "crm.profile.merged")[1:]

    assert moved == [{"id": str(end)}]
    assert follow(fairview, str(end), "crm.profile.merged")[1:] == []


@pytest.mark.parametrize(("place", "types"), [("here", ""), ("1-x", ""), ("1-²", ""), ("", "crm.nothing")])
def test_places_and_types_that_are_none_are_refused(fairview: Club, place: str, types: str) -> None:
    headers = factories.bearer(fairview.tenant) | ({"Last-Event-ID": place} if place else {})

    answer = Client(headers=headers).get(STREAM, {"types": types} if types else {})

    assert answer.status_code == 400


def test_a_place_survives_its_text() -> None:
    assert LogPlace.parse(str(LogPlace(7, 9))) == LogPlace(7, 9)


class Receiver(BaseHTTPRequestHandler):
    """Keeps what came."""

    came: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        """Take it."""
        self.came.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def test_a_developer_gets_signed_envelopes(fairview: Club) -> None:
    Receiver.came = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settle()
    with tenant_scope(fairview.tenant):
        place = end_of_log()
    tell(fairview.tenant, member(1))
    settle()
    with tenant_scope(fairview.tenant):
        ((_, envelope),) = read_on(place)
    assert envelope is not None
    secret = new_secret()

    line = forwarded(f"http://127.0.0.1:{server.server_address[1]}/crm", secret, envelope)
    server.shutdown()

    ((headers, body),) = Receiver.came
    assert line.endswith("→ 204")
    assert orjson.loads(body) == envelope
    given = {name.lower(): value for name, value in headers.items()}
    stamp = int(given["webhook-timestamp"])
    assert given["webhook-signature"] == signature(
        [secret], event_id=envelope["id"], timestamp=stamp, body=body
    )


# Whoever is started in the background ignores Ctrl-C, and so would its children.
IN_FRONT: Final = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
NOWHERE: Final = "http://127.0.0.1:1/x"


def test_ctrl_c_ends_the_command_without_a_traceback(
    fairview: Club, process_environment: dict[str, str]
) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", IN_FRONT, "manage.py", "listen", "--tenant", "fairview", "--forward", NOWHERE],
        cwd=env.PROJECT_DIR,
        env=process_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert program.stdout is not None
    first = program.stdout.readline()

    program.send_signal(signal.SIGINT)
    rest, _ = program.communicate(timeout=TIMEOUT_SECONDS)

    assert first.startswith("Signed with whsec_")
    told = f"What happens at {fairview.tenant.name} from now on goes to {NOWHERE}; Ctrl-C ends it.\n"
    assert (rest.replace(told, ""), program.returncode) == ("", 130)


def test_the_command_prints_the_secret_and_ends(fairview: Club) -> None:
    out = StringIO()

    call_command(
        "listen", "--tenant", "fairview", "--forward", "http://127.0.0.1:1/x", "--seconds", "0", stdout=out
    )

    assert out.getvalue().startswith("Signed with whsec_")
    with pytest.raises(CommandError):
        call_command("listen", "--tenant", "fairview", "--forward", "file:///etc/passwd")
