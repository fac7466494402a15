"""Where webhooks may go, and that nobody is led elsewhere in between."""

import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from events.webhooks import sending
from events.webhooks.addresses import check_url, is_public, warnings_of
from events.webhooks.errors import AddressRefused
from events.webhooks.guarding import session
from events.webhooks.sending import Target, send
from events.webhooks.signing import new_secret
from tests.events.receiver import receiving

PUBLIC = "93.184.216.34"


@pytest.fixture(autouse=True)
def private_addresses_are_refused(settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = False


def names_lead_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let each look-up of a name give the next list of addresses; returns the names that were asked."""
    asked: list[str] = []
    rest = list(answers)

    def look_up(host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        found = rest.pop(0) if len(rest) > 1 else rest[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),  # noqa: S104
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "fec0::1"),
        *(
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
        ),
        *("2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::127.0.0.1"),
    ],
)
def test_addresses_that_are_not_of_the_public_internet(address: str) -> None:
    assert is_public(address) is False


@pytest.mark.parametrize(
    "address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(address) is True


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Enter a URL"),
        ("not a url", "Enter a URL"),
        ("https://example.com/" + "x" * 2000, "Enter a URL"),
        ("https://exa\\mple.com/", "Enter a URL"),
        ("http://example.com/", "must begin with https"),
        ("http://localhost:3000/crm", "manage.py listen --forward URL"),
        ("ftp://example.com/", "must begin with https"),
        ("file:///etc/passwd", "must begin with https"),
        ("https:///path", "names no host"),
        ("https://user:pass@example.com/", "user name or password"),
        ("https://@example.com/", "user name or password"),
        ("https://example.com/#part", "#fragment"),
        ("https://example.com:22/", "Port 22"),
        ("https://example.com:80/", "Port 80"),
        ("https://example.com:99999/", "no URL"),
        ("https://[::1/", "no URL"),
        ("https://127.0.0.1/", "private network"),
        ("https://2130706433/", "private network"),
        ("https://0x7f.1/", "private network"),
        ("https://[::1]/", "private network"),
        ("https://[::ffff:10.0.0.1]/", "private network"),
        ("https://localhost/", "private network"),
    ],
)
def test_urls_that_are_refused_with_the_reason(url: str, words: str) -> None:
    with pytest.raises(AddressRefused, match=words) as refused:
        check_url(url)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "url", ["https://example.com", "https://example.com:8443/a?b=c", "https://example.com:443/"]
)
def test_urls_that_are_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names_lead_to(monkeypatch, [PUBLIC])

    assert check_url(f"  {url}\n") == url


def test_a_host_that_is_not_found_is_a_warning_and_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_url("https://nowhere.invalid/") == "https://nowhere.invalid/"
    assert warnings_of("https://nowhere.invalid/") == [
        "The name nowhere.invalid cannot be found. Until it can, what is sent there fails and is tried again."
    ]

    names_lead_to(monkeypatch, [PUBLIC])
    assert warnings_of("https://example.com/") == []


def test_one_private_address_among_public_ones_refuses_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    names_lead_to(monkeypatch, [PUBLIC, "10.0.0.1"])

    with pytest.raises(AddressRefused, match="private network"):
        check_url("https://example.com/")


def test_a_name_that_leads_elsewhere_after_it_was_checked_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving() as receiver:
        port = receiver.server.server_port
        names_lead_to(monkeypatch, [PUBLIC], ["127.0.0.1"])
        url = check_url(f"https://rebound.example:{port}/")

        with session() as over:
            answer = send(
                Target(url, [new_secret()], is_of_sandbox=False), event_id="e", body=b"{}", over=over
            )

    assert "private network" in answer.error
    assert (answer.status_code, receiver.requests) == (None, [])


def test_the_connection_goes_to_the_address_that_was_checked_under_the_name_that_was_given(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    with receiving() as receiver:
        port = receiver.server.server_port
        asked = names_lead_to(monkeypatch, ["127.0.0.1"])

        with session() as over:
            url = f"http://hooks.example:{port}/in"
            answer = send(
                Target(url, [new_secret()], is_of_sandbox=False), event_id="e", body=b"{}", over=over
            )

    assert answer.succeeded
    assert receiver.requests[0].headers["host"] == f"hooks.example:{port}"
    assert asked == ["hooks.example", "127.0.0.1"], "the name once; after that only the address"


def test_tls_asks_for_the_name_and_not_for_the_address(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    greeting = b""
    with socket.create_server(("127.0.0.1", 0)) as server:
        names_lead_to(monkeypatch, ["127.0.0.1"])

        def listen() -> None:
            nonlocal greeting
            client, _ = server.accept()
            greeting = client.recv(4096)
            client.close()

        thread = threading.Thread(target=listen)
        thread.start()
        with session() as over:
            url = f"https://hooks.example:{server.getsockname()[1]}/"
            answer = send(
                Target(url, [new_secret()], is_of_sandbox=False), event_id="e", body=b"{}", over=over
            )
        thread.join()

    assert not answer.succeeded
    assert b"hooks.example" in greeting
    assert ssl.HAS_SNI


def self_signed(folder: Path, name: str) -> Path:
    """A certificate for the name with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return file


@pytest.mark.parametrize(
    ("name", "is_trusted", "error"),
    [
        ("hooks.example", True, ""),
        ("hooks.example", False, "The certificate cannot be trusted"),
        ("other.example", True, "The certificate cannot be trusted"),
    ],
)
def test_a_certificate_must_be_trusted_and_fit_the_name(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    tmp_path: Path,
    *,
    name: str,
    is_trusted: bool,
    error: str,
) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    file = self_signed(tmp_path, name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    names_lead_to(monkeypatch, ["127.0.0.1"])
    with receiving(context) as receiver, session() as over:
        if is_trusted:
            over.verify = str(file)
        url = f"https://hooks.example:{receiver.server.server_port}/in"
        answer = send(Target(url, [new_secret()], is_of_sandbox=False), event_id="e", body=b"{}", over=over)

    assert answer.error.startswith(error)
    assert (answer.succeeded, len(receiver.requests)) == ((True, 1) if not error else (False, 0))


def test_an_answer_that_drips_is_cut_when_the_time_is_up(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 1.0)
    monkeypatch.setattr(sending, "CONNECT_SECONDS", 0.6)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            client, _ = server.accept()
            with client, suppress(OSError):
                for letter in b"HTTP/1.1 200 OK" + b"x" * 10_000:
                    client.sendall(bytes([letter]))
                    time.sleep(0.02)

        thread = threading.Thread(target=drip)
        thread.start()
        with session() as over:
            url = f"http://127.0.0.1:{server.getsockname()[1]}/"
            answer = send(
                Target(url, [new_secret()], is_of_sandbox=False), event_id="e", body=b"{}", over=over
            )
        thread.join()

    assert answer.error.startswith("No complete answer within")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with receiving() as receiver, session() as over:
        answer = send(
            Target(receiver.url, [new_secret()], is_of_sandbox=False), event_id="e", body=b"{}", over=over
        )

    assert answer.succeeded


def test_what_listens_nowhere_is_said_in_words(settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with session() as over:
        answer = send(
            Target(f"http://127.0.0.1:{port}/", [new_secret()], is_of_sandbox=False),
            event_id="e",
            body=b"{}",
            over=over,
        )

    assert answer.error == "The connection was refused: nobody listens there."
