"""Answers of another shape than the protocol's: never taken for less, nor for more, than they may be."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, TypeVar

from social.networks.calling import CallFailed
from social.networks.errors import verdict

C = TypeVar("C")
logger = logging.getLogger(__name__)
# What reading an answer of another shape raises.
ODD: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


@contextmanager
def understanding() -> Iterator[None]:
    """What is not understood of an answer is no answer: raises CallFailed, after which the network is asked again."""
    try:
        yield
    except ODD as error:
        logger.warning("an answer was not understood", exc_info=True)
        raise CallFailed(verdict("SERVICE_DOWN", "BAD_ANSWER")) from error


def understood(client: type[C]) -> type[C]:
    """A client of a network, each of whose acts raises CallFailed where an answer is not understood."""
    for name, act in list(vars(client).items()):
        if callable(act) and not name.startswith("_"):
            setattr(client, name, _understood(act))
    return client


def _understood(act: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(act)
    def guarded(*args: Any, **how: Any) -> Any:
        with understanding():
            return act(*args, **how)

    return guarded


@contextmanager
def reading() -> Iterator[None]:
    """Reads on the way to a commit: whatever comes of them, nothing was published by them."""
    try:
        with understanding():
            yield
    except CallFailed as failed:
        failed.is_sent = False
        raise


def key_of(value: object) -> str:
    """An id; networks send strings, and sometimes numbers. Raises ValueError."""
    if isinstance(value, str | int) and not isinstance(value, bool) and value not in ("", 0):
        return str(value)
    raise ValueError(f"not an id: {value!r:.100}")


def flag_of(value: object) -> bool:
    """Yes or no, also as text. Raises ValueError."""
    told = {True: True, False: False, "true": True, "false": False}
    if isinstance(value, bool | str) and value in told:
        return told[value]
    raise ValueError(f"neither yes nor no: {value!r:.100}")


def check_done(body: Mapping[str, Any]) -> None:
    """The answer to an act that gives no id. Raises ValueError where it does not say that it was done."""
    if not flag_of(body["success"]):
        raise ValueError("not done")


def check_pair(pair: Mapping[str, Any]) -> None:
    """Tokens, and how long they live; raises CallFailed where nobody can use them."""
    with understanding():
        for name in ("access_token", *(["refresh_token"] if pair.get("refresh_token") else [])):
            if not isinstance(pair[name], str) or not pair[name]:
                raise ValueError(f"no token: {name}")
        float(pair.get("expires_in") or 0)


def rows_of(body: Mapping[str, Any], name: str = "data") -> list[Mapping[str, Any]]:
    """The objects of a list that must be there. Raises ValueError."""
    rows = body.get(name)
    if isinstance(rows, list) and all(isinstance(one, dict) for one in rows):
        return rows
    raise ValueError(f"no list of objects: {name}")
