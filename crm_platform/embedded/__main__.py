"""Only the two servers, in the foreground, for development: `python -m crm_platform.embedded`."""

import signal
import sys
import threading
from types import FrameType

from crm_platform import env
from crm_platform.embedded import EmbeddedPostgres, EmbeddedRedis, ServerError
from crm_platform.embedded.claim import claimed
from crm_platform.embedded.redis import kept_password

WATCH_SECONDS = 0.5


def main() -> None:
    """Run both servers until SIGINT or SIGTERM; a server that dies is started again."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with (
        claimed(env.data_dir()) as folder,
        EmbeddedPostgres(
            folder / "postgres", socket=env.socket_dir(), log=folder / "log" / "postgres.log"
        ) as postgres,
        EmbeddedRedis(
            folder / "redis",
            port=env.redis_port(),
            password=kept_password(env.redis_password_file()),
            log=folder / "log" / "redis.log",
        ) as redis,
    ):
        print(f"export CRM_DATABASE_URL='{postgres.url}'\nexport REDIS_URL='{redis.url}'", flush=True)
        while not stopping.wait(WATCH_SECONDS):
            for server in (postgres, redis):
                if not server.is_alive():
                    print(f"{server.name} stopped and is started again.", file=sys.stderr, flush=True)
                    server.start()


if __name__ == "__main__":
    try:
        main()
    except ServerError as error:
        sys.exit(str(error))
