"""`manage.py social_sandbox`: Facebook, Instagram and X for those who have no account there."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand

from social.sandbox.control import make_account
from social.sandbox.server import Sandbox
from social.sandbox_address import sandbox_url


class Command(BaseCommand):
    """Serves until a signal."""

    help = "Run the stand-in of Facebook, Instagram and X: consent pages, posts, numbers, faults, feeds."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where it stands."""
        parser.add_argument("--port", type=int, default=None, help="default: that of CRM_SOCIAL_SANDBOX_URL")
        parser.add_argument(
            "--store", default=None, help="the file of its store; default: in the data folder"
        )

    def handle(self, *args: Any, port: int | None, store: str | None, **options: Any) -> None:
        """Run."""
        address = urlsplit(sandbox_url())
        path = Path(store) if store else Path(settings.CRM_KEY_DIR).parent / "social-sandbox.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        sandbox = Sandbox(
            port=(address.port or 80) if port is None else port,
            path=str(path),
            url=sandbox_url() if port is None else "",
        )
        if not sandbox.world.store.find("person"):
            # Whoever is sent to a consent page finds somebody there who can say yes, also without a demo.
            make_account(sandbox.world, {"name": "Our Golf Club"})
        self.stdout.write(f"The stand-in of the social networks is at {sandbox.url}")
        try:
            sandbox.server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            sandbox.server.server_close()
