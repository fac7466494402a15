"""Secrets with which webhook steps sign: kept encrypted, shown once; a definition names one, never holds it."""

from typing import Final

from django.db import IntegrityError, transaction

from events.webhooks.signing import new_secret
from journeys.models import JourneySecret
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.encryption import encrypt
from tenants.errors import ConflictError, InvalidError
from tenants.scope import current_tenant_id

LONGEST_NAME: Final = 60


def make_secret(name: str) -> str:
    """A new secret under a name of the club; returns it, once. Raises InvalidError, ConflictError."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or "\x00" in name:
        raise InvalidError(f"Give the secret a name of 1 to {LONGEST_NAME} characters.", field="secretName")
    plain = new_secret()
    try:
        with transaction.atomic():
            JourneySecret.objects.create(
                tenant_id=current_tenant_id(),
                name=name,
                sealed=encrypt(plain),
                created_by_name=current_actor().name,
            )
            log_action("journey.secret_made", subject_kind="tenant", subject_id=current_tenant_id())
    except IntegrityError:
        raise ConflictError("There is a secret of this name already.", code="NAME_TAKEN") from None
    return plain
