"""Accounts are connected by the person who began it, and their tokens are read nowhere else."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from social import connecting
from social.errors import ConsentInvalid, ConsentRefused
from social.health import health_of
from social.models import ClubApp, Connection
from social.networks.calling import CallFailed
from social.tokens import ACCESS, REFRESH, account_of, open_token
from social.warning import warn_admins
from tenants.encryption import DecryptionError, decrypt_for, encrypt_for
from tenants.models import User
from tenants.scope import tenant_scope
from tests.back_office import desk, text_of
from tests.cast import Club
from tests.social.publishing import REDIRECT_URI, Stage, connect, file_server, stage
from tests.social.sandboxes import consent, control, sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db


def test_one_consent_connects_page_and_instagram_and_no_token_is_stored_in_plain(stage: Stage) -> None:
    assert set(stage.accounts) == {"FACEBOOK", "INSTAGRAM", "TWITTER"}
    tokens = [open_token(row, ACCESS) for row in stage.accounts.values()]
    tokens.append(open_token(Connection.objects.get(network="TWITTER"), REFRESH))
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text FROM social_connection AS c")
        rows = str(cursor.fetchall())
    assert all(token and token not in rows for token in tokens)


def test_a_token_is_readable_in_its_own_row_only(stage: Stage) -> None:
    facebook, x = stage.accounts["FACEBOOK"], stage.accounts["TWITTER"]
    x.access_sealed = facebook.access_sealed

    with pytest.raises(DecryptionError):
        open_token(x, ACCESS)
    with pytest.raises(DecryptionError):
        decrypt_for("a", encrypt_for("b", "secret"))


def answer_of(stage: Stage, session: str = "mine") -> dict[str, str]:
    begun = connecting.begin(network="TWITTER", redirect_uri=REDIRECT_URI, session=session)
    address, _, query = begun.url.partition("?")
    return consent(address, {**dict(parse_qsl(query)), "user": stage.made["x"], "decision": "yes"})


def test_an_answer_is_good_for_its_own_session_and_once(stage: Stage, kingsmere: Club) -> None:
    back = answer_of(stage)

    with pytest.raises(ConsentInvalid):
        connecting.finish(state=back["state"], code=back["code"], session="another")
    with tenant_scope(kingsmere.tenant), pytest.raises(ConsentInvalid):
        connecting.finish(state=back["state"], code=back["code"], session="mine")
    connecting.finish(state=back["state"], code=back["code"], session="mine")
    with pytest.raises(ConsentInvalid):
        connecting.finish(state=back["state"], code=back["code"], session="mine")


def test_a_no_is_explained(stage: Stage) -> None:
    begun = connecting.begin(network="FACEBOOK", redirect_uri=REDIRECT_URI, session="s")

    with pytest.raises(ConsentRefused, match="You said no"):
        connecting.finish(state=begun.state, code="", error="access_denied", session="s")


def test_several_pages_and_those_of_a_portfolio_are_found(stage: Stage, kingsmere: Club) -> None:
    with tenant_scope(kingsmere.tenant):
        connect(stage.sandbox, kingsmere, "Kingsmere", pages=[f"Page {number}" for number in range(30)])
        assert Connection.objects.filter(network="FACEBOOK").count() == 30
        connect(stage.sandbox, kingsmere, "Group", pages=["Group Page"], portfolio=True)
        assert Connection.objects.filter(account_name="Group Page", network="FACEBOOK").exists()


def test_the_old_refresh_token_is_used_once_and_the_new_pair_is_stored(stage: Stage) -> None:
    row = stage.accounts["TWITTER"]
    before = open_token(row, ACCESS)
    Connection.objects.filter(pk=row.pk).update(access_expires_at=timezone.now())

    first, second = account_of(row).token, account_of(row).token

    assert before != first == second
    assert Connection.objects.get(pk=row.pk).renewals == 2


def test_only_a_refused_grant_means_that_a_connection_is_dead(stage: Stage) -> None:
    row = stage.accounts["TWITTER"]
    Connection.objects.filter(pk=row.pk).update(access_expires_at=timezone.now())
    control(stage.sandbox, "switches", {"tokens_away": True})
    with pytest.raises(CallFailed):
        account_of(row)
    assert Connection.objects.get(pk=row.pk).status == "ACTIVE"

    control(stage.sandbox, "switches", {"tokens_away": False})
    stage.sandbox.world.store._sql.execute("DELETE FROM doc WHERE kind = 'x_refresh'")
    with pytest.raises(CallFailed):
        account_of(row)

    assert Connection.objects.get(pk=row.pk).status == "NEEDS_RECONNECT"


@pytest.mark.parametrize(
    ("action", "words"),
    [("password", "password"), ("revoke", "permission away"), ("checkpoint", "log in there")],
)
def test_a_dead_token_is_explained_by_how_it_died(stage: Stage, action: str, words: str) -> None:
    control(stage.sandbox, "token", {"person": stage.made["person"], "action": action})

    row = connecting.check_health(stage.accounts["FACEBOOK"].pk)

    assert words in health_of(row).words


def test_instagrams_ninety_days_are_shown_a_week_ahead(stage: Stage) -> None:
    row: Any = stage.accounts["INSTAGRAM"]

    assert health_of(row).tone == "good"
    assert health_of(row, row.data_access_expires_at - timedelta(days=6)).tone == "warn"
    assert health_of(row, row.data_access_expires_at).tone == "bad"


def test_disconnecting_forgets_the_tokens_and_cancels_what_waits(stage: Stage) -> None:
    post = stage.post("TWITTER")

    connecting.disconnect(stage.accounts["TWITTER"].pk)

    row = Connection.objects.get(network="TWITTER")
    assert (row.status, row.access_sealed, row.refresh_sealed) == ("DISCONNECTED", "", "")
    assert stage.target(post).status == "CANCELLED"
    assert stage.turn(1) == 0


def test_admins_are_written_to_a_week_ahead_once_and_again_after_the_next_connecting(
    stage: Stage, mailoutbox: list[Any]
) -> None:
    row, ends = stage.accounts["INSTAGRAM"], timezone.now() + timedelta(days=6)
    User.objects.filter(pk=stage.club.admin.pk).update(email="admin@club.example")
    User.objects.filter(pk=stage.club.staff.pk).update(email="staff@club.example")
    Connection.objects.filter(pk=row.pk).update(data_access_expires_at=ends)

    counts = [warn_admins(timezone.now() - timedelta(days=3)), warn_admins(), warn_admins()]
    connecting._store("INSTAGRAM", row.account_id, "new", account_name="Fairview")
    again = warn_admins()

    assert (counts, again) == ([0, 1, 0], 1)
    assert [mail.to for mail in mailoutbox] == [["admin@club.example"]] * 2
    assert mailoutbox[0].subject == "Instagram · Fairview: please connect it again"
    assert "Instagram ends access soon" in mailoutbox[0].body
    assert "/admin/social/accounts/" in mailoutbox[0].body


def test_a_dead_account_is_told_and_a_mail_that_fails_is_sent_later(
    stage: Stage, mailoutbox: list[Any], settings: Settings
) -> None:
    User.objects.filter(pk=stage.club.admin.pk).update(email="admin@club.example")
    Connection.objects.filter(network="TWITTER").update(status="NEEDS_RECONNECT", problem="APP_REMOVED")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1

    away = warn_admins()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert (away, warn_admins()) == (0, 1)
    assert "took the platform’s permission away" in mailoutbox[0].body.replace("'", "’")


def test_a_club_goes_through_its_own_app_and_its_secret_is_shown_nowhere(
    stage: Stage, kingsmere: Club
) -> None:
    admin, url = desk(stage.club.admin), "/admin/social/apps/"

    admin.post(url, {"family": "X", "client_id": "sandbox-x-client", "secret": "not the secret"})
    with pytest.raises(ConsentRefused):
        connecting.finish(**answer_of(stage), session="mine")
    ailing = health_of(Connection.objects.get(network="TWITTER"))
    admin.post(url, {"family": "X", "client_id": "sandbox-x-client", "secret": "sandbox-x-secret"})
    connecting.finish(**answer_of(stage), session="mine")
    page = text_of(admin.get("/admin/social/accounts/"))
    row = ClubApp.objects.get()

    assert ailing.words == "The club goes through another app now. Connect the account again."
    assert account_of(Connection.objects.get(network="TWITTER")).token
    assert "sandbox-x-client" in page
    assert "sandbox-x-secret" not in page + row.secret_sealed
    with tenant_scope(kingsmere.tenant):
        assert not ClubApp.objects.exists()
    refused = text_of(admin.post(url, {"family": "X", "client_id": "x", "secret": ""}, follow=True))
    assert "both the id and the secret" in refused
    admin.post(url, {"family": "X", "act": "forget"})
    assert not ClubApp.objects.exists()
    assert Connection.objects.get(network="TWITTER").status == "NEEDS_RECONNECT"
