"""`manage.py serve …`: one program in the foreground, for containers and service managers."""

import os
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from crm_platform import env
from crm_platform.supervisor import programs
from crm_platform.supervisor.child import Program

PROGRAMS: dict[str, Callable[[], Program]] = {
    "web": lambda: programs.web(programs.web_host(), programs.web_port()),
    "worker": programs.worker,
    "live": programs.live_worker,
    "slow": programs.slow_worker,
    "webhooks": programs.webhooks_worker,
    "beat": programs.beat,
}


class Command(BaseCommand):
    """Becomes the program, so that signals and exit codes are the program's own."""

    help = "Run one program of the platform, with the same settings as `up` gives it."
    # The program makes its own checks when it starts.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which program."""
        parser.add_argument("program", choices=sorted(PROGRAMS))

    def handle(self, *args: Any, program: str, **options: Any) -> None:
        """Never returns."""
        os.chdir(env.PROJECT_DIR)
        wanted = PROGRAMS[program]()
        os.execve(wanted.command[0], wanted.command, {**wanted.environment, **os.environ})  # noqa: S606
