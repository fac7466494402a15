"""The club's own app at Meta or X: kept encrypted, shown nowhere, used for everything of that network."""

from typing import Final

from django.db import transaction

from social.models import ClubApp, Connection, ConnectionStatus, Login
from social.networks.addresses import app_context
from social.networks.registry import FAMILIES, INSTAGRAM_LOGIN
from tenants.action_log import log_action
from tenants.encryption import encrypt_for
from tenants.errors import InvalidError
from tenants.scope import current_tenant_id

LABELS: Final = {"META": "Facebook and Instagram", INSTAGRAM_LOGIN: "Instagram without a Page", "X": "X"}
LONGEST: Final = 200


def own_apps() -> list[tuple[str, str, str]]:
    """Family, its name, and the id of the club's own app; "" where the platform's is used."""
    known = dict(ClubApp.objects.values_list("family", "client_id"))
    return [(family, label, known.get(family, "")) for family, label in LABELS.items()]


def set_own_app(family: str, *, client_id: str, secret: str) -> None:
    """Use the club's own app from now on; accounts must be connected again, because tokens belong to an app."""
    client_id, secret = client_id.strip(), secret.strip()
    if family not in LABELS:
        raise InvalidError(f"Choose one of {', '.join(LABELS)}.", field="family")
    if not client_id or not secret or max(len(client_id), len(secret)) > LONGEST or not client_id.isascii():
        raise InvalidError(
            "Write both the id and the secret of the app, as the network shows them.", field="secret"
        )
    with transaction.atomic():
        row = ClubApp.objects.select_for_update().filter(family=family).first() or ClubApp(
            tenant_id=current_tenant_id(), family=family
        )
        row.client_id = client_id
        row.secret_sealed = encrypt_for(app_context(row), secret)
        row.save()
        _ask_again(family)
        log_action(
            "social.own_app_set", subject_kind="social_app", subject_id=row.pk, details={"family": family}
        )


def forget_own_app(family: str) -> None:
    """Go through the platform's app again. Idempotent."""
    with transaction.atomic():
        gone, _ = ClubApp.objects.filter(family=family).delete()
        if gone:
            _ask_again(family)
            log_action("social.own_app_forgotten", subject_kind="social_app", details={"family": family})


def _ask_again(family: str) -> None:
    login = Login.INSTAGRAM if family == INSTAGRAM_LOGIN else Login.USUAL
    networks = [network for network, one in FAMILIES.items() if one == family or login]
    Connection.objects.filter(network__in=networks, login=login, status=ConnectionStatus.ACTIVE).update(
        status=ConnectionStatus.NEEDS_RECONNECT, problem="APP_CHANGED", warned_at=None
    )
