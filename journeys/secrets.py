"""Secrets that WEBHOOK steps sign with: named by definitions, kept encrypted, never given out again."""

import re
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from events.webhooks.signing import check_secret, new_secret
from journeys.errors import SecretInUse, SecretNameTaken, SecretNotFound
from journeys.models import Journey, JourneySecret
from journeys.versions import definition_of
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.encryption import decrypt, encrypt
from tenants.errors import InvalidError
from tenants.scope import current_tenant_id

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")


class MissingSecret(ValueError):
    """A step signs with a secret that there is not."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no secret called “{name}”: make it, or choose another.")


def make_secret(name: str, secret: str | None = None) -> tuple[JourneySecret, str]:
    """Store a secret under a new name; without one a random one is made.

    Returns it in its plain form, once. Raises InvalidError, SecretNameTaken.
    """
    if not NAME.fullmatch(name):
        raise InvalidError("Give a name of 1 to 60 letters, digits, blanks, dots and dashes.", field="name")
    plain = new_secret() if secret is None else check_secret(secret)
    try:
        with transaction.atomic():
            row: JourneySecret = JourneySecret.objects.create(
                tenant_id=current_tenant_id(),
                name=name,
                sealed=encrypt(plain),
                created_by_name=current_actor().name,
            )
            _log("made", row)
    except IntegrityError as error:
        raise SecretNameTaken from error
    return row, plain


def exchange_secret(name: str, secret: str | None = None) -> tuple[JourneySecret, str]:
    """Another secret under a name, from now on; like `make_secret`. Raises SecretNotFound, InvalidError."""
    plain = new_secret() if secret is None else check_secret(secret)
    with transaction.atomic():
        row = _found(name)
        row.sealed, row.created_at, row.created_by_name = encrypt(plain), timezone.now(), current_actor().name
        row.save()
        _log("exchanged", row)
    return row, plain


def _found(name: str) -> JourneySecret:
    row: JourneySecret | None = JourneySecret.objects.filter(name=name).first()
    if row is None:
        raise SecretNotFound
    return row


def _log(act: str, row: JourneySecret) -> None:
    log_action(
        f"journey_secret.{act}", subject_kind="journey_secret", subject_id=row.pk, details={"name": row.name}
    )


def drop_secret(name: str) -> None:
    """Forget a secret; raises SecretNotFound, SecretInUse where a live journey signs with it."""
    row = _found(name)
    if names := _users(name):
        raise SecretInUse(names)
    with transaction.atomic():
        _log("deleted", row)
        row.delete()


def secret_of(name: str) -> str:
    """The plain secret; raises MissingSecret, DecryptionError."""
    row = JourneySecret.objects.filter(name=name).first()
    if row is None:
        raise MissingSecret(name)
    return decrypt(row.sealed)


def _users(name: str) -> list[str]:
    """Journeys that may still make a call with it."""
    live = Journey.objects.filter(version_id__isnull=False).exclude(status__in=["DRAFT", "ARCHIVED"])
    return [
        journey.name
        for journey in live
        if any(getattr(step, "secret", "") == name for step in definition_of(journey.version_id or 0).steps)
    ]
