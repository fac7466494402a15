"""The life of `manage.py up`: servers, migrations, programs, demo, watch, stop."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.core.checks import run_checks

from crm_platform import checks, env
from crm_platform.embedded import EmbeddedPostgres, EmbeddedRedis, ServerError
from crm_platform.embedded.claim import claimed
from crm_platform.embedded.leftovers import processes_marked, stop_processes
from crm_platform.embedded.process import EmbeddedServer
from crm_platform.embedded.redis import is_port_taken, kept_password
from crm_platform.supervisor import programs
from crm_platform.supervisor.banner import banner
from crm_platform.supervisor.child import MARK, Child, Program
from crm_platform.supervisor.console import Console
from crm_platform.supervisor.loop import GRACE_SECONDS, StopRequested, Supervisor
from crm_platform.supervisor.readiness import unready_reason
from tenants.commands import START_TAG
from tenants.declarations import every

THIS_MACHINE = {"127.0.0.1", "0.0.0.0"}  # noqa: S104 - compared with, not bound to
# Makes rich draw its bars into the pipe, of which the console shows a state now and then.
DRAWS_PROGRESS = {"TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1", "NO_COLOR": "1", "COLUMNS": "100"}
# The embedded PostgreSQL answers already; somebody else's server has an address that works, or has not.
SERVER_PATIENCE_SECONDS = 2.0
READY_PATIENCE_SECONDS = 60.0


class UpError(RuntimeError):
    """The platform cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run and where."""

    data_dir: Path
    host: str
    port: int
    queue: str
    with_demo: bool
    tenants: tuple[str, ...]

    @property
    def web_url(self) -> str:
        """The address to type into a browser on this machine."""
        host = "localhost" if self.host in THIS_MACHINE else self.host
        return f"http://{host}:{self.port}"


def run(plan: Plan, console: Console) -> None:
    """Bring the platform up and keep it up until a signal; raises UpError or ServerError when it cannot."""
    with claimed(plan.data_dir), ExitStack() as servers:
        _stop_leftovers(plan, console)
        if is_port_taken(plan.port):
            raise UpError(
                f"Port {plan.port} for the web server is taken by another program. "
                f"Choose a free one, as in PORT={plan.port + 1}."
            )
        supervisor = Supervisor(console)
        supervisor.listen_to_signals()
        for server in _embedded_servers(plan):
            with console.step(f"{server.name} starts"):
                supervisor.keep_alive(servers.enter_context(server))
        with _stopped_in_the_end(supervisor, console):
            _bring_up(plan, console, supervisor)
            console.block(_banner(plan))
            supervisor.watch()
    console.say("stopped")


@contextmanager
def _stopped_in_the_end(supervisor: Supervisor, console: Console) -> Iterator[None]:
    try:
        yield
    except StopRequested:
        pass
    finally:
        console.say("stopping …")
        supervisor.stop()


def _stop_leftovers(plan: Plan, console: Console) -> None:
    """End the programs of a supervisor that was killed before it could do so itself."""
    pids = processes_marked(MARK, str(plan.data_dir))
    if pids:
        console.warn(f"an earlier run left {len(pids)} processes behind; they are stopped")
        stop_processes(pids, first=signal.SIGTERM, patience_seconds=GRACE_SECONDS)
    for file in (plan.data_dir / "run").glob("*.pid"):
        file.unlink(missing_ok=True)


def _embedded_servers(plan: Plan) -> list[EmbeddedServer]:
    """Those servers for which no address is set."""
    servers: list[EmbeddedServer] = []
    logs = plan.data_dir / "log"
    if not env.text("CRM_DATABASE_URL"):
        servers.append(
            EmbeddedPostgres(plan.data_dir / "postgres", socket=env.socket_dir(), log=logs / "postgres.log")
        )
    if not env.text("REDIS_URL"):
        servers.append(
            EmbeddedRedis(
                plan.data_dir / "redis",
                port=env.redis_port(),
                password=kept_password(env.redis_password_file()),
                log=logs / "redis.log",
            )
        )
    return servers


def _check_servers(console: Console) -> None:
    """Servers of somebody else may be away or wrongly addressed: say so before anything is started."""
    messages = [
        *run_checks(tags=[START_TAG]),
        *checks.server_messages(patience_seconds=SERVER_PATIENCE_SECONDS),
    ]
    for message in messages:
        if message.is_serious():
            raise UpError(checks.one_line(message))
        console.warn(checks.one_line(message))


def _bring_up(plan: Plan, console: Console, supervisor: Supervisor) -> None:
    """Migrate, start the programs, load the demo while they come up, wait for the web server."""
    _check_servers(console)
    with console.step("The database is migrated"):
        _must_succeed(plan, supervisor, programs.manage("migrate", "migrate", "--verbosity", "0"))
    for program in _programs(plan):
        supervisor.keep_running(_child(plan, program))
    if plan.with_demo:
        _demo(plan, console, supervisor)
    _wait_for_web(plan, console, supervisor)


def _programs(plan: Plan) -> list[Program]:
    return [
        programs.web(plan.host, plan.port),
        programs.worker(),
        programs.live_worker(),
        programs.slow_worker(),
        programs.webhooks_worker(),
        programs.beat(),
        programs.manage("consumer", "consume_events"),
        *(programs.manage(name, name) for name in every("programs")),
    ]


def _demo(plan: Plan, console: Console, supervisor: Supervisor) -> None:
    """Fill the platform with the demo where that is not done yet, then keep events coming."""
    if not apps.is_installed("crm_platform.simulator"):
        console.warn("there is no demo here: this installation has no crm_platform/simulator")
        return
    chosen = ("--tenants", ",".join(plan.tenants)) if plan.tenants else ()
    with console.step("The demo is made ready (the first time this takes a minute or two)"):
        load = programs.manage("demo", "simulate", "--load", *chosen)
        code = supervisor.run_to_end(_child(plan, load, **DRAWS_PROGRESS))
    if code:
        console.warn("the demo could not be loaded; the platform runs without it")
        return
    supervisor.keep_running(_child(plan, programs.manage("demo-life", "simulate", "--live", *chosen)))


def _must_succeed(plan: Plan, supervisor: Supervisor, program: Program) -> None:
    if supervisor.run_to_end(_child(plan, program)):
        raise UpError(f"`manage.py {program.name}` failed; its output above says why.")


def _wait_for_web(plan: Plan, console: Console, supervisor: Supervisor) -> None:
    """Wait for readiness; a platform that is late is said to be, not stopped."""
    with console.step("The web server starts"):
        ready = supervisor.wait_until(
            lambda: unready_reason(plan.web_url) is None, seconds=READY_PATIENCE_SECONDS
        )
    if not ready:
        console.warn(f"not ready after {READY_PATIENCE_SECONDS:.0f} s: {unready_reason(plan.web_url)}")


def _child(plan: Plan, program: Program, **changes: str) -> Child:
    places = {
        "CRM_DATA_DIR": str(plan.data_dir),
        "CRM_DATABASE_URL": env.database_url(),
        "REDIS_URL": env.redis_url(),
        "PYTHONUNBUFFERED": "1",
    }
    return Child(program, data_dir=plan.data_dir, environment=env.environment(**places, **changes))


def _banner(plan: Plan) -> str:
    return banner(
        web_url=plan.web_url,
        database_url=env.database_url(),
        redis_url=env.redis_url(),
        queue=plan.queue,
        data_dir=plan.data_dir,
    )


__all__ = ["Plan", "ServerError", "UpError", "run"]
