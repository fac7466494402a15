"""Become another program that does not outlive its parent.

Arguments: PARENT_PID SIGNAL UID GID PROGRAM ARGUMENT…

A script of its own, without imports from this project, because code between fork and exec of a threaded
program may deadlock. Linux sends SIGNAL to the program once its parent is gone, even after SIGKILL;
elsewhere the next start looks for left-overs. UID and GID of -1 leave the user alone.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Drop to the given user, tie the own life to the parent's, and turn into the program."""
    parent, death_signal, uid, gid = (int(value) for value in arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which clears the setting.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # the parent died before the line above took effect
            sys.exit(1)
    os.execvp(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
