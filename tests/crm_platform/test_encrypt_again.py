"""Secrets under a new key: what `manage.py encrypt_again` leaves, and that no column with secrets is forgotten."""

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command

from events.models import WebhookEndpoint
from events.webhooks.endpoints import create_endpoint, rotate_secret, target_of
from journeys.secrets import make_secret, secret_of
from social.club_apps import set_own_app
from social.models import ClubApp, Connection
from social.networks.addresses import app_context
from social.tokens import ACCESS, REFRESH, encrypt_token, open_token
from tenants.declarations import every
from tenants.encryption import decrypt_for
from tenants.scope import tenant_scope
from tests.cast import Club

OLD, NEW, STRANGE = (Fernet.generate_key().decode() for _ in range(3))


def furnish(club: Club) -> tuple[WebhookEndpoint, Connection]:
    """A secret of each kind that a club keeps."""
    with tenant_scope(club.tenant):
        made = create_endpoint(url="https://nowhere.invalid/x", event_types=["*"])
        rotate_secret(made.pk)
        make_secret("bar", "whsec_" + "QUJD" * 8)
        set_own_app("META", client_id="4711", secret="of the app")
        account = Connection(tenant_id=club.tenant.pk, network="TWITTER", account_id="1", account_name="Club")
        account.access_sealed = encrypt_token(account, ACCESS, "the access token")
        account.refresh_sealed = encrypt_token(account, REFRESH, "the refresh token")
        account.save()
    return made, account


def said(**options: Any) -> str:
    out = StringIO()
    call_command("encrypt_again", stdout=out, **options)
    return out.getvalue()


def test_after_it_the_old_key_is_not_needed(fairview: Club, kingsmere: Club, settings: Any) -> None:
    settings.CRM_ENCRYPTION_KEYS = [OLD]
    clubs = {club: furnish(club) for club in (fairview, kingsmere)}
    settings.CRM_ENCRYPTION_KEYS = [NEW, OLD]
    with tenant_scope(fairview.tenant):
        before = target_of(WebhookEndpoint.objects.get()).secrets

    words = said()

    assert words == "12 secrets encrypted with the first key.\nThe keys behind it are not needed any more.\n"
    settings.CRM_ENCRYPTION_KEYS = [NEW]
    for club, (_, account) in clubs.items():
        with tenant_scope(club.tenant):
            kept = Connection.objects.get(pk=account.pk)
            assert (open_token(kept, ACCESS), open_token(kept, REFRESH)) == (
                "the access token",
                "the refresh token",
            )
            assert secret_of("bar") == "whsec_" + "QUJD" * 8
            app = ClubApp.objects.get()
            assert decrypt_for(app_context(app), app.secret_sealed) == "of the app"
    with tenant_scope(fairview.tenant):
        assert target_of(WebhookEndpoint.objects.get()).secrets == before


def test_what_no_key_reads_stays_and_is_told(fairview: Club, settings: Any) -> None:
    settings.CRM_ENCRYPTION_KEYS = [OLD]
    made, _ = furnish(fairview)
    settings.CRM_ENCRYPTION_KEYS = [STRANGE]

    err = StringIO()
    with pytest.raises(
        CommandError, match="Put the key with which the others were encrypted behind the first"
    ):
        said(stderr=err)

    assert "fairview: none of the keys reads 6 secrets" in err.getvalue()
    settings.CRM_ENCRYPTION_KEYS = [OLD]
    with tenant_scope(fairview.tenant):
        assert len(target_of(WebhookEndpoint.objects.get(pk=made.pk)).secrets) == 2


def test_every_column_with_secrets_is_declared() -> None:
    named = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if "sealed" in field.name
    }

    declared = {(each.model, each.column) for each in every("sealed")}
    assert named == declared - {("profiles.ErasureReceipt", "queue_search")}
    assert len(named) == 7
