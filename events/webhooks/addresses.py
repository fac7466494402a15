"""Where webhooks may go: no private networks, no plain HTTP, no odd ports, unless the operator allows it.

Checked when an endpoint is saved and once more at each connection, on the very address that is connected to, so that
a name which changes its mind in between leads nowhere.
"""

import ipaddress
import re
import socket
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from events.models import LONGEST_URL
from events.webhooks.errors import AddressRefused, NameNotFound, PrivateAddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
# Below stand services of the system: SSH, mail and the like.
FIRST_FREE_PORT: Final = 1024
GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
# Wraps addresses of IPv4 (RFC 6052).
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
IPV4_BITS: Final = 0xFFFF_FFFF
OWN_MACHINE: Final = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])([:/?]|$)", re.IGNORECASE)
PRIVATE: Final = (
    "This address leads into a private network, where webhooks are not sent. To receive them on your own machine, use"
    " `manage.py listen --forward URL`."
)


def check_url(url: str) -> str:
    """The URL, trimmed, once it may be called; raises AddressRefused with the reason.

    A host that is not found is no reason: it is looked up, and held to the same rules, at each connection. Whoever
    saves the URL is told by `warnings_of`.
    """
    url = url.strip()
    if not settings.CRM_WEBHOOKS_ALLOW_PRIVATE and OWN_MACHINE.match(url):
        # What helps a developer more than the word about https.
        raise PrivateAddress(PRIVATE)
    host, port = split_url(url)
    with suppress(NameNotFound):
        addresses_of(host, port)
    return url


def warnings_of(url: str) -> list[str]:
    """What does not keep a URL of `check_url` from being saved, but will keep it from being reached."""
    try:
        addresses_of(*split_url(url))
    except NameNotFound as unknown:
        return [f"{unknown.message} Until it can, what is sent there fails and is tried again."]
    return []


def split_url(url: str) -> tuple[str, int]:
    """Host and port of a URL of the right form; raises AddressRefused."""
    if not url or len(url) > LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefused(f"Enter a URL of at most {LONGEST_URL:,} characters, without blanks.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressRefused("This is no URL.") from None
    is_free: bool = settings.CRM_WEBHOOKS_ALLOW_PRIVATE
    if parts.scheme not in DEFAULT_PORTS or (parts.scheme == "http" and not is_free):
        raise AddressRefused("The URL must begin with https://.")
    if not host:
        raise AddressRefused("The URL names no host.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("The URL must not hold a user name or password; requests are signed instead.")
    if parts.fragment:
        raise AddressRefused("The URL must not hold a #fragment; it would never be sent.")
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if not is_free and port != DEFAULT_PORTS["https"] and port < FIRST_FREE_PORT:
        raise AddressRefused(f"Port {port} belongs to another service; use 443 or one from 1024 on.")
    return host, port


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses to which the host leads now, all of them public; raises AddressRefused.

    One private address among public ones refuses the host. NameNotFound is one of the reasons.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise NameNotFound(host) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not settings.CRM_WEBHOOKS_ALLOW_PRIVATE and not all(map(is_public, addresses)):
        raise PrivateAddress(PRIVATE)
    return addresses


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public Internet; of IPv6 that wraps IPv4, what is inside counts."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(str(inner))
        if address not in GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside a mapped, 6to4 or NAT64 one; None where there is none."""
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & IPV4_BITS)
    return address.ipv4_mapped or address.sixtofour
