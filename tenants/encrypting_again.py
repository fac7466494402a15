"""Secrets encrypted anew with the first of `CRM_ENCRYPTION_KEYS`, so that the keys behind it may go.

Which columns hold secrets, the apps declare (`Extension.sealed`).
"""

from dataclasses import dataclass

from django.apps import apps

from tenants.declarations import every, resolve
from tenants.encryption import DecryptionError, decrypt, decrypt_for, encrypt, encrypt_for
from tenants.extension import Sealed


@dataclass
class Encrypted:
    """How many secrets there were: encrypted anew, and unreadable with any of the keys."""

    anew: int = 0
    unreadable: int = 0


def encrypt_again() -> Encrypted:
    """Encrypt each secret of the open club with the first key.

    A secret that somebody exchanges at the same moment stays as they left it: a row is written only where it still
    holds what was read. Secrets are few (a club has some endpoints and accounts), so each is a statement of its own.
    """
    done = Encrypted()
    for sealed in every("sealed"):
        _encrypt_column(sealed, done)
    return done


def _encrypt_column(sealed: Sealed, done: Encrypted) -> None:
    rows = apps.get_model(sealed.model)._default_manager
    for row in rows.exclude(**{sealed.column: ""}):
        before: str = getattr(row, sealed.column)
        context = resolve(sealed.context)(row) if sealed.context else ""
        try:
            plain = decrypt_for(context, before) if context else decrypt(before)
        except DecryptionError:
            done.unreadable += 1
            continue
        after = encrypt_for(context, plain) if context else encrypt(plain)
        done.anew += rows.filter(pk=row.pk, **{sealed.column: before}).update(**{sealed.column: after})
