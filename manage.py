#!/usr/bin/env python
"""Entry point of every management command."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError
from redis.exceptions import RedisError


def main() -> None:
    """Run the command; where it fails because a server cannot be used, say that instead of a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_platform.settings")
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, RedisError):
        from crm_platform import checks  # noqa: PLC0415 - needs Django to be set up

        problems = checks.server_messages(patience_seconds=0)
        if not problems:
            raise
        sys.exit("\n".join(checks.one_line(message) for message in problems))


if __name__ == "__main__":
    main()
