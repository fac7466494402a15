"""Who is acting: the member of staff, the calling service or the program itself, for the action log and for rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from tenants.callers import Caller, CallerKind
from tenants.models import User


class ActorKind(StrEnum):
    """What kind of actor."""

    USER = "USER"
    API_KEY = "API_KEY"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts. `id` is stable: the user's key, a token's subject, the API key's id, a program's name."""

    kind: ActorKind
    id: str
    name: str
    user: User | None = None

    @property
    def is_person(self) -> bool:
        """Whether a human being is behind it."""
        return self.kind is ActorKind.USER


SYSTEM = Actor(ActorKind.SYSTEM, "system", "The platform itself")
_actor: ContextVar[Actor] = ContextVar("crm_actor", default=SYSTEM)


def current_actor() -> Actor:
    """Who acts here; the platform itself where nobody was named."""
    return _actor.get()


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Everything in the block is done by this actor."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def actor_of_user(user: User) -> Actor:
    """A member of staff in the back office."""
    return Actor(ActorKind.USER, str(user.pk), user.get_full_name() or user.get_username(), user)


def actor_of_caller(caller: Caller) -> Actor:
    """A caller of the API: a person with a token, or a service with a key."""
    if caller.kind is CallerKind.API_KEY:
        return Actor(ActorKind.API_KEY, caller.subject.removeprefix("key:"), caller.name)
    if caller.user is not None:
        return Actor(ActorKind.USER, str(caller.user.pk), caller.name, caller.user)
    return Actor(ActorKind.USER, caller.subject.removeprefix("user:"), caller.name or caller.subject)


def program(name: str) -> Actor:
    """A command or a scheduled job, by its name."""
    return Actor(ActorKind.SYSTEM, name, name)
