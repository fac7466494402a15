"""Making the message for one person, as the gateway's contract has it."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

import orjson

from messaging.models import Message, SendPolicy
from messaging.readers import reader_of
from messaging.rendering import TemplateProblem, named_in, profile_values, render, values_for
from profiles.representation import row_fields
from tenants.models import Tenant
from tenants.scope import tenant_scope

TOO_DEEP: Final = "What is to be said of the event is nested too deeply."
LINK: Final = re.compile(r"""https?://[^\s"'<>]+""")
# Nothing that a header may have; joiners and marks of direction are none of them.
CONTROLS: Final = dict.fromkeys([*range(32), *range(127, 160)])
# What a template of the service gets; whoever needs more states it in the message's own variables.
BASIC: Final = (
    *("firstName", "lastName", "displayName", "membershipTier", "membershipStatus", "membershipExpiry"),
    *("handicap", "homeClubName", "lastBookingDate", "language"),
)
# A mail server takes no line of a thousand letters; a word cannot be broken.
LONGEST_SUBJECT: Final = 500
Fields = dict[str, Any]


class Undeliverable(Exception):
    """The text could not be made for this person; says why."""


class Recipient(Protocol):
    """What is needed of a row of the ledger."""

    @property
    def key(self) -> str:
        """The idempotency key."""

    @property
    def channel(self) -> str:
        """By which way."""

    @property
    def message_id(self) -> UUID:
        """What is said."""

    @property
    def address(self) -> str:
        """Where to."""

    @property
    def message_class(self) -> str:
        """Why."""

    @property
    def source_id(self) -> UUID:
        """Who wanted it."""

    @property
    def profile(self) -> Sequence[Any]:
        """The columns of the person."""


class Composer:
    """Composes the messages of one tenant; keeps the texts that it met."""

    def __init__(self, tenant: Tenant, policy: SendPolicy) -> None:
        self._tenant, self._policy = tenant, policy
        self._club, self._reader = club_values(tenant), reader_of(tenant)
        self._messages: dict[UUID, Message] = {}
        self._named: dict[UUID, frozenset[str]] = {}

    def compose(self, one: Recipient, extra: Mapping[str, Any] | None) -> Fields:
        """The message as the contract has it. Raises Undeliverable."""
        message = self._message(one.message_id)
        fields = row_fields(one.profile)
        composed: Fields = {
            "idempotencyKey": one.key,
            "channel": one.channel,
            "class": one.message_class,
            "to": _recipient(one, fields),
            "campaignId": str(one.source_id),
            "from": self._sender(one.channel),
        }
        try:
            if message.template_id:
                return composed | self._by_template(message, fields, extra)
            values = values_for(
                fields, club=self._club, extra=extra, reader=self._reader, named=self._names_of(message)
            )
            return composed | {"content": content(message, values)}
        except TemplateProblem as problem:
            raise Undeliverable(str(problem)) from problem
        except RecursionError as error:
            raise Undeliverable(TOO_DEEP) from error
        except (ValueError, TypeError, ArithmeticError) as error:
            # Whatever a value is, it is about this one person and must not hold up the others.
            raise Undeliverable(f"A value does not fit: {error!r}.") from error

    def _by_template(self, message: Message, fields: Fields, extra: Mapping[str, Any] | None) -> Fields:
        """A template of the service, and what it may name. Raises Undeliverable."""
        known = profile_values(fields, self._club["currency"])
        given = {name: known[name] for name in BASIC if known.get(name) is not None}
        if extra:
            try:
                orjson.dumps(extra)
            except TypeError as error:  # by which the call for all of a batch would fail
                raise Undeliverable(TOO_DEEP) from error
        return {
            "templateId": message.template_id,
            "variables": given | {"club": self._club} | dict(extra or {}),
        }

    def _message(self, message_id: UUID) -> Message:
        found = self._messages.get(message_id)
        if found is None:
            with tenant_scope(self._tenant):
                found = Message.objects.filter(pk=message_id).first()
            if found is None:
                raise Undeliverable("The text is gone.")
            self._messages[message_id] = found
        return found

    def _names_of(self, message: Message) -> frozenset[str]:
        found = self._named.get(message.pk)
        if found is None:
            found = self._named[message.pk] = named_in(message.subject, message.body, message.html)
        return found

    def _sender(self, channel: str) -> Fields:
        policy = self._policy
        if channel != "EMAIL":
            return {"name": policy.sms_sender or self._tenant.name}
        return {
            "name": policy.sender_name or self._tenant.name,
            "email": policy.sender_email or None,
            "replyTo": policy.reply_to or None,
        }


def club_values(tenant: Tenant) -> Fields:
    """What texts may say of the club."""
    return {
        "name": tenant.name,
        "slug": tenant.slug,
        "timeZone": tenant.time_zone,
        "currency": tenant.currency,
    }


def _recipient(one: Recipient, fields: Mapping[str, Any]) -> Fields:
    to = {"contactId": fields.get("messagingContactId"), "profileId": str(fields["id"])}
    if one.channel == "EMAIL":
        to["email"] = one.address
    elif one.channel != "PUSH":
        to["phoneNumber"] = one.address
    return {name: value for name, value in to.items() if value}


def content(message: Message, values: Mapping[str, Any]) -> Fields:
    """The parts of an own text, rendered leniently, with the club's parameters on its links. Raises TemplateProblem."""
    subject = " ".join(render(message.subject, values, part="subject").split()).translate(CONTROLS)[
        :LONGEST_SUBJECT
    ]
    text = render(message.body, values, part="body").replace("\0", "")
    html = render(message.html, values, part="html", is_html=True).replace("\0", "")
    return {"subject": subject, "text": _with_utm(text, message.utm), "html": _with_utm(html, message.utm)}


def _with_utm(text: str, utm: Mapping[str, str]) -> str:
    return LINK.sub(lambda found: with_parameters(found.group(), utm), text) if utm and text else text


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """The address with parameters that it does not have yet; the full stop after it stays outside.

    What only looks like an address (`https://[your link]`) stays as it is.
    """
    return _linked(url, tuple(parameters.items()))


# The links of a message are mostly the same for everybody.
@lru_cache(maxsize=2_000)
def _linked(url: str, parameters: tuple[tuple[str, str], ...]) -> str:
    end = len(url.rstrip(".,;:!?)"))
    url, tail = url[:end], url[end:]
    try:
        parts = urlsplit(url.replace("&amp;", "&"))
    except ValueError:
        return url + tail
    there = parse_qsl(parts.query, keep_blank_values=True)
    known = {name for name, _ in there}
    query = urlencode([*there, *((name, value) for name, value in parameters if name not in known)])
    made = urlunsplit(parts._replace(query=query))
    return (made.replace("&", "&amp;") if "&amp;" in url else made) + tail
