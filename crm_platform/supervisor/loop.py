"""The loop that relays output, notices deaths, restarts, and stops everything in the end."""

import selectors
import signal
import time
from collections.abc import Callable
from types import FrameType

from crm_platform.embedded import ServerError
from crm_platform.embedded.process import EmbeddedServer
from crm_platform.supervisor.child import FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS, Child, describe_end
from crm_platform.supervisor.console import Console

TICK_SECONDS = 0.2
# Between two looks at a condition; children that write much make ticks as short as their lines.
PAUSE_SECONDS = 0.4
GRACE_SECONDS = 15.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(Exception):
    """Somebody asked the platform to stop while it was still starting."""


class Supervisor:
    """Keeps servers and children alive until a signal says stop. One thread; children are started from it."""

    def __init__(self, console: Console) -> None:
        """`console` gets the children's lines and what happens to them."""
        self._console = console
        self._servers: dict[EmbeddedServer, _ServerCare] = {}
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._requests = 0

    def listen_to_signals(self) -> None:
        """From now on SIGINT, SIGTERM and SIGHUP ask for a stop; a second one for a quick stop."""
        for number in SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._requests += 1

    @property
    def is_stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._requests > 0

    def keep_alive(self, server: EmbeddedServer) -> None:
        """Restart a running server whenever it dies; whoever started it stops it."""
        self._servers[server] = _ServerCare()

    def run_to_end(self, child: Child) -> int:
        """Run a one-off child while the others are tended; returns its exit code. Raises StopRequested."""
        self._spawn(child)
        try:
            while child.is_running():
                if self.is_stopping:
                    self._stop([child])
                    raise StopRequested
                self.tick()
            return child.ended() or 0
        finally:
            self._drain(child)

    def keep_running(self, child: Child) -> None:
        """Start a child and restart it whenever it ends."""
        self._children.append(child)
        self._spawn(child)

    def wait_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Tend the children until the condition holds; False after the time. Raises StopRequested."""
        deadline = time.monotonic() + seconds
        while not condition():
            pause_ends = time.monotonic() + PAUSE_SECONDS
            while time.monotonic() < pause_ends:
                if self.is_stopping:
                    raise StopRequested
                self.tick()
            if time.monotonic() > deadline:
                return False
        return True

    def watch(self) -> None:
        """Tend everything until a stop is asked for."""
        while not self.is_stopping:
            self.tick()

    def tick(self) -> None:
        """One round: relay what was written, start again what died."""
        for key, _ in self._selector.select(timeout=TICK_SECONDS):
            self._relay(key.data)
        for server, care in self._servers.items():
            care.tend(server, self._console)
        for child in self._children:
            self._tend(child)

    def stop(self) -> None:
        """Stop all children, the last started first; what does not end in time is killed."""
        self._stop(list(reversed(self._children)))

    def _spawn(self, child: Child) -> None:
        self._selector.register(child.spawn(), selectors.EVENT_READ, child)

    def _relay(self, child: Child) -> bool:
        """Pass lines on; returns whether there may be more."""
        lines = child.read_lines()
        if lines is None:
            self._selector.unregister(child.descriptor())
            return False
        for line in lines:
            self._console.relay(child.name, line)
        return bool(lines)

    def _drain(self, child: Child) -> None:
        """Relay a dead child's last words and forget the process."""
        while self._is_registered(child) and self._relay(child):
            pass
        if self._is_registered(child):
            self._selector.unregister(child.descriptor())
        child.bury()

    def _is_registered(self, child: Child) -> bool:
        return any(key.data is child for key in self._selector.get_map().values())

    def _tend(self, child: Child) -> None:
        code = child.ended()
        if code is not None:
            self._drain(child)
            delay = child.schedule_restart()
            self._console.warn(f"{child.name} died ({describe_end(code)}); started again in {delay:g} s")
        elif child.is_due():
            self._spawn(child)

    def _stop(self, children: list[Child]) -> None:
        for child in children:
            child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        quick_at = self._requests + 1
        while any(child.is_running() for child in children):
            if time.monotonic() > deadline or self._requests >= quick_at:
                break
            for key, _ in self._selector.select(timeout=TICK_SECONDS):
                self._relay(key.data)
        for child in children:
            if child.is_running():
                self._console.warn(f"{child.name} did not stop in time and is killed")
                child.kill()
            self._drain(child)


class _ServerCare:
    """Restarts one server, with growing pauses while it cannot start."""

    def __init__(self) -> None:
        self._delay = FIRST_DELAY_SECONDS
        self._due_at = 0.0

    def tend(self, server: EmbeddedServer, console: Console) -> None:
        if server.is_alive() or time.monotonic() < self._due_at:
            return
        console.warn(f"{server.name} died and is started again")
        try:
            server.start()
        except ServerError as error:
            console.warn(f"{error} Next try in {self._delay:g} s.")
            self._due_at = time.monotonic() + self._delay
            self._delay = min(self._delay * 2, LONGEST_DELAY_SECONDS)
        else:
            self._delay = FIRST_DELAY_SECONDS
            console.say(f"{server.name} is back")
