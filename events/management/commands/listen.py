"""`manage.py listen`: what webhooks would get, to a program on the developer's own machine."""

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import orjson
from django.core.management.base import CommandError, CommandParser

from events.tailing import end_of_log, read_on
from events.webhooks.signing import new_secret, signature
from tenants.commands import ProductCommand
from tenants.management.arguments import read_tenant
from tenants.scope import tenant_scope

EVERY_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 15


class Command(ProductCommand):
    """Reads the domain log from now on, signs and forwards; keeps nothing, tries nothing again."""

    help = "Forward what webhooks would get to a URL, signed with a secret that is printed; for development."

    def add_arguments(self, parser: CommandParser) -> None:
        """Of whom, where to, what."""
        parser.add_argument("--tenant", required=True, help="UUID, slug or alias")
        parser.add_argument("--forward", required=True, metavar="URL", help="as in http://localhost:3000/crm")
        parser.add_argument(
            "--types", default="", help="events, separated by commas; default: all but frequent ones"
        )
        parser.add_argument("--seconds", type=float, help="stop after so long; default: until Ctrl-C")

    def handle(self, *args: Any, **options: Any) -> None:
        """Until it is stopped."""
        tenant = read_tenant(options["tenant"])
        if urlsplit(options["forward"]).scheme not in ("http", "https"):
            raise CommandError("--forward wants an address such as http://localhost:3000/crm.")
        secret = new_secret()
        self._tell(f"Signed with {secret}")
        self._tell(f"What happens at {tenant.name} from now on goes to {options['forward']}; Ctrl-C ends it.")
        types = [name.strip() for name in options["types"].split(",") if name.strip()]
        ends = time.monotonic() + options["seconds"] if options["seconds"] is not None else None
        with tenant_scope(tenant):
            place = end_of_log()
            while True:
                for at, envelope in read_on(place, types=types):
                    place = at
                    if envelope is not None:
                        self._tell(forwarded(options["forward"], secret, envelope))
                if ends is not None and time.monotonic() >= ends:
                    return
                time.sleep(EVERY_SECONDS)

    def _tell(self, line: str) -> None:
        # At once, also through a pipe.
        self.stdout.write(line)
        self.stdout.flush()


def forwarded(url: str, secret: str, envelope: Mapping[str, Any]) -> str:
    """Send one envelope as a webhook; what came back, as a line."""
    body, now = orjson.dumps(envelope), int(time.time())
    headers = {
        "content-type": "application/json",
        "webhook-id": envelope["id"],
        "webhook-timestamp": str(now),
        "webhook-signature": signature([secret], event_id=envelope["id"], timestamp=now, body=body),
    }
    try:
        request = Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - the scheme was checked
        with urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
            status = str(answer.status)
    except HTTPError as error:
        status = str(error.code)
    except (URLError, OSError) as error:
        status = f"no answer ({getattr(error, 'reason', error)})"
    return f"{envelope['type']} {envelope['id']} → {status}"
