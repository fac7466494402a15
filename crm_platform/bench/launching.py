"""Starting the product's programs for a benchmark; needs no Django, so it also serves who makes the servers first."""

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

from crm_platform import env
from crm_platform.embedded.process import launch_command
from crm_platform.supervisor.child import Program


def launch(program: Program, folder: Path) -> "subprocess.Popen[bytes]":
    """Start a program as `up` does, in a session of its own; what it says goes to its log in `folder`."""
    with (folder / f"{program.name}.log").open("ab") as output:
        return subprocess.Popen(
            launch_command(list(program.command), death_signal=signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=env.PROJECT_DIR,
            env={**program.environment, **os.environ},
        )


def with_option(program: Program, option: str, value: str) -> Program:
    """The program with another value for an option that it has."""
    words = list(program.command)
    words[words.index(option) + 1] = value
    return replace(program, command=tuple(words))
