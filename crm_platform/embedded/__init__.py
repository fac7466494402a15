"""PostgreSQL and Redis from Python wheels, run as child processes of ours: nothing has to be installed."""

from crm_platform.embedded.postgres import EmbeddedPostgres
from crm_platform.embedded.process import ServerError
from crm_platform.embedded.redis import EmbeddedRedis

__all__ = ["EmbeddedPostgres", "EmbeddedRedis", "ServerError"]
