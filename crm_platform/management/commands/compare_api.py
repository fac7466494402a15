"""`compare_api`: whether the API description breaks programs that were written against an older one."""

import subprocess
from pathlib import Path
from typing import Any, Final

import yaml
from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from crm_platform.api.breaking import breaking_changes
from tenants.commands import ProductCommand

PLACE: Final = "docs/openapi.yaml"


class Command(ProductCommand):
    """Fails and names each break; compares with a file, a commit, or the newest release."""

    help = "Compare docs/openapi.yaml with an older one; fail where programs would break."

    def add_arguments(self, parser: CommandParser) -> None:
        """Against what."""
        parser.add_argument("old", nargs="?", help="a file, or a commit; default: the newest tag v*")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError with the breaks."""
        old = options["old"] or _newest_release()
        if not old:
            self.stdout.write("Nothing was released yet: there is nothing to break.")
            return
        text = Path(old).read_text() if Path(old).is_file() else _git("show", f"{old}:{PLACE}")
        new = (Path(settings.BASE_DIR) / PLACE).read_text()
        breaks = breaking_changes(_loaded(text), _loaded(new))
        if breaks:
            raise CommandError(f"{len(breaks)} breaking changes since {old}:\n" + "\n".join(breaks))
        self.stdout.write(f"Nothing breaks programs written against {old}.")


def _loaded(text: str) -> Any:
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def _newest_release() -> str:
    try:
        return _git("describe", "--tags", "--abbrev=0", "--match", "v*").strip()
    except CommandError:
        return ""


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"git says: {done.stderr.strip()}")
    return done.stdout
