"""A line to Redis for the hottest read: one connection a thread, packed commands in, bytes out.

redis-py's client spends several times as long on a command as the server does (pool, retries, measuring); here a
command costs about as much as its two system calls.
"""

import os
from contextlib import suppress
from threading import local
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from tenants.redis_client import redis_client


class _Mine(local):
    connection: Any = None
    process = 0
    unread = 0


_mine = _Mine()


def packed(*words: bytes | int) -> bytes:
    """A command as the protocol writes it."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        text = word if isinstance(word, bytes) else b"%d" % word
        parts.append(b"$%d\r\n%b\r\n" % (len(text), text))
    return b"".join(parts)


def call(command: bytes) -> Any:
    """Send and wait for the answer; raises RedisError. A connection that was dropped meanwhile is opened anew once."""
    try:
        return _talk(command)
    except RedisConnectionError:
        return _talk(command)


def send(command: bytes) -> None:
    """Send without waiting; the answer is read (and ignored) before the next command. Raises RedisError."""
    try:
        _connection().send_packed_command([command], check_health=False)
        _mine.unread += 1
    except BaseException:
        close()
        raise


def _talk(command: bytes) -> Any:
    connection = _connection()
    try:
        connection.send_packed_command([command], check_health=False)
        while _mine.unread:
            _mine.unread -= 1
            # Of a command sent by `send`: nobody waits for its answer.
            with suppress(ResponseError):
                connection.read_response()
        return connection.read_response()
    except ResponseError:
        raise
    except BaseException:
        # Half an answer may still be under way: nobody else must read it.
        close()
        raise


def _connection() -> Any:
    if _mine.connection is None or _mine.process != os.getpid():
        _mine.connection = redis_client().connection_pool.make_connection()
        _mine.process, _mine.unread = os.getpid(), 0
        try:
            _mine.connection.connect()
        except RedisError:
            _mine.connection = None
            raise
    return _mine.connection


def close() -> None:
    """Close this thread's connection; the next command opens another."""
    connection, _mine.connection, _mine.unread = _mine.connection, None, 0
    if connection is not None:
        connection.disconnect()
