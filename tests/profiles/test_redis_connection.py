"""The hot read's own connection to Redis, and reading customers while Redis fails."""

import logging
from typing import Any

import pytest
import redis
from redis.exceptions import ResponseError

from tenants import redis_connection
from tenants.redis_client import redis_client
from tenants.redis_connection import call, packed, send
from tests.cast import Club
from tests.profiles.api_callers import CUSTOMERS, caller, thandi

pytestmark = pytest.mark.usefixtures("redis_server", "new_line")


@pytest.fixture
def new_line() -> None:
    """A connection of the test's own: what others left may have been dropped by their server."""
    redis_connection.close()


def test_a_command_is_written_as_the_protocol_says() -> None:
    assert packed(b"SET", b"k", 12) == b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n12\r\n"


def test_answers_belong_to_their_questions_though_nobody_reads_the_posted_ones() -> None:
    send(packed(b"SET", b"a", b"1"))
    send(packed(b"INCR", b"a"))

    assert call(packed(b"GET", b"a")) == b"2"
    assert call(packed(b"GET", b"nothing")) is None


def test_a_refused_command_leaves_the_line_usable() -> None:
    send(packed(b"NONSENSE"))
    with pytest.raises(ResponseError):
        call(packed(b"NONSENSE"))

    assert call(packed(b"PING")) in (b"PONG", "PONG")


def test_a_line_that_the_server_dropped_is_opened_anew(redis_server: "redis.Redis") -> None:
    call(packed(b"PING"))
    for client in redis_server.client_list():
        if int(client["id"]) != redis_server.client_id():
            redis_server.client_kill_filter(_id=client["id"])

    assert call(packed(b"GET", b"nothing")) is None


def test_customers_can_be_read_while_redis_is_away(
    fairview: Club, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    customer_id = thandi(fairview.tenant)
    redis_connection.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_client.cache_clear()
    try:
        with caplog.at_level(logging.WARNING):
            answer = caller(fairview.tenant).get(f"{CUSTOMERS}/{customer_id}")
    finally:
        redis_client.cache_clear()
        redis_connection.close()

    assert (answer.status_code, answer.json()["firstName"]) == (200, "Thandi")
    assert "profile cache not read" in caplog.text
