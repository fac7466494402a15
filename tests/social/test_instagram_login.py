"""Instagram by its own login: connected without a Page, renewed while its token lives, published, measured, ended."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from social import connecting
from social.after_publishing import delete_there
from social.club_apps import set_own_app
from social.errors import ConsentRefused
from social.health import health_of
from social.measuring import measure_post
from social.models import Attempt, Connection, Login, Network, Target
from social.networks.calling import CallFailed
from social.tokens import ACCESS, account_of, keep_alive, open_token
from tenants.errors import ConflictError, InvalidError
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import desk, text_of
from tests.cast import Club
from tests.social.publishing import REDIRECT_URI, Stage, connect, file_server, stage
from tests.social.sandboxes import consent, control, sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db


def log_in(stage: Stage, account: str, **decision: str) -> connecting.Connected:
    """Through Instagram's own consent page and back."""
    begun = connecting.begin(
        network=Network.INSTAGRAM, redirect_uri=REDIRECT_URI, session="s", login=Login.INSTAGRAM
    )
    address, _, query = begun.url.partition("?")
    back = consent(address, {**dict(parse_qsl(query)), "account": account, "decision": "yes", **decision})
    return connecting.finish(
        state=back["state"], code=back.get("code", "") + "#_", error=back.get("error", ""), session="s"
    )


@pytest.fixture
def alone(stage: Stage, kingsmere: Club) -> Iterator[Connection]:
    """Kingsmere's account, by Instagram alone."""
    with tenant_scope(kingsmere.tenant):
        made = control(stage.sandbox, "account", {"name": "Kingsmere"})
        yield log_in(stage, made["instagram"][0]).connections[0]


def test_an_account_is_connected_without_a_page_and_its_token_lasts_sixty_days(alone: Connection) -> None:
    assert (alone.network, alone.login, alone.parent_account_id) == ("INSTAGRAM", "INSTAGRAM", "")
    assert alone.username == "kingsmere"
    assert alone.access_expires_at is not None
    assert timedelta(days=59) < alone.access_expires_at - timezone.now() <= timedelta(days=60)
    assert alone.data_access_expires_at is not None
    assert timedelta(days=89) < alone.data_access_expires_at - timezone.now() <= timedelta(days=90)
    assert open_token(alone, ACCESS).startswith("IGAA")


def test_it_publishes_comments_and_tells_its_numbers(stage: Stage, alone: Connection) -> None:
    stage.accounts["INSTAGRAM"] = alone
    post = stage.post("INSTAGRAM", media_ids=[stage.picture().pk], first_comment="Book here")

    stage.turn()
    control(stage.sandbox, "clock", {"advance": 7200})
    measure_post(post)

    target = stage.target(post)
    assert (target.status, bool(target.permalink), bool(target.comment_id)) == ("PUBLISHED", True, True)
    calls = [one["path"] for one in control(stage.sandbox, "ledger")["calls"]]
    assert any(
        path.startswith("/instagram-graph/v26.0/") and path.endswith("/media_publish") for path in calls
    )


def test_a_commit_without_an_answer_is_settled_as_by_the_page(stage: Stage, alone: Connection) -> None:
    stage.accounts["INSTAGRAM"] = alone
    post = stage.post("INSTAGRAM", media_ids=[stage.picture().pk])
    stage.fault("cut_after", "media_publish")

    stage.turn()
    stage.turn(1)

    assert stage.target(post).status == "PUBLISHED"
    assert [one["caption"] for one in stage.seen("instagram")] == ["The course is open"]


def test_deleting_is_not_offered_by_this_door_and_says_so(
    stage: Stage, alone: Connection, kingsmere: Club
) -> None:
    stage.accounts["INSTAGRAM"] = alone
    post = stage.post("INSTAGRAM", media_ids=[stage.picture().pk])
    stage.turn()

    page = text_of(desk(kingsmere.admin).get(f"/admin/social/posts/{post.pk}/"))
    assert "nobody may delete a post from here" in page
    assert "Delete it there" not in page
    with pytest.raises(ConflictError, match="connected through Facebook"):
        delete_there(post.pk, stage.target(post).pk)

    assert len(stage.seen("instagram")) == 1


def test_a_token_is_renewed_ahead_even_where_nothing_is_published(stage: Stage, alone: Connection) -> None:
    before = open_token(alone, ACCESS)
    control(stage.sandbox, "clock", {"advance": 52 * 86_400})
    Connection.objects.filter(pk=alone.pk).update(access_expires_at=timezone.now() + timedelta(days=8))

    looked, again = keep_alive(), keep_alive()

    row = Connection.objects.get(pk=alone.pk)
    assert (looked, again) == (1, 0)
    assert open_token(row, ACCESS) != before
    assert row.access_expires_at is not None
    assert row.access_expires_at > timezone.now() + timedelta(days=59)


def test_a_renewal_that_fails_leaves_the_living_token_at_work_and_waits_an_hour(
    stage: Stage, alone: Connection
) -> None:
    control(stage.sandbox, "clock", {"advance": 52 * 86_400})
    Connection.objects.filter(pk=alone.pk).update(access_expires_at=timezone.now() + timedelta(days=8))
    control(stage.sandbox, "switches", {"tokens_away": True})

    first, second = account_of(alone).token, account_of(alone).token

    assert first == second == open_token(alone, ACCESS)
    asked = [one for one in control(stage.sandbox, "ledger")["calls"] if "refresh" in one["path"]]
    assert len(asked) == 1
    control(stage.sandbox, "switches", {"tokens_away": False})
    Connection.objects.filter(pk=alone.pk).update(renewing_until=timezone.now())
    assert account_of(alone).token != first


def test_a_token_that_is_over_cannot_be_revived_and_says_so(alone: Connection) -> None:
    Connection.objects.filter(pk=alone.pk).update(access_expires_at=timezone.now())

    with pytest.raises(CallFailed, match="TOKEN_EXPIRED"):
        account_of(alone)

    row = Connection.objects.get(pk=alone.pk)
    assert (row.status, health_of(row).words) == ("NEEDS_RECONNECT", "The connection has expired.")


@pytest.mark.parametrize("switch", ["instagram_token_in_data", "instagram_token_get_only"])
def test_both_forms_of_the_facts_are_understood(stage: Stage, kingsmere: Club, switch: str) -> None:
    control(stage.sandbox, "switches", {switch: True})
    with tenant_scope(kingsmere.tenant):
        made = control(stage.sandbox, "account", {"name": "Kingsmere"})
        assert log_in(stage, made["instagram"][0]).connections[0].status == "ACTIVE"


def test_a_personal_account_a_missing_permission_and_a_no_are_explained(stage: Stage) -> None:
    account = stage.made["instagram"][0]
    with pytest.raises(ConsentRefused, match="You said no"):
        log_in(stage, account, decision="no")
    with pytest.raises(ConsentRefused, match="left out: instagram_business_content_publish"):
        log_in(stage, account, granted="instagram_business_basic")
    row: Any = stage.sandbox.world.store.get("instagram", account)
    stage.sandbox.world.store.put("instagram", account, row | {"account_type": "PERSONAL"})
    with pytest.raises(ConsentRefused, match=r"is a personal account\. Switch it to a professional one"):
        log_in(stage, account)


def test_the_same_account_by_the_other_door_is_one_account(stage: Stage) -> None:
    before = stage.accounts["INSTAGRAM"]

    log_in(stage, stage.made["instagram"][0])
    alone = Connection.objects.get(network="INSTAGRAM")
    connect(stage.sandbox, stage.club)
    again = Connection.objects.get(network="INSTAGRAM")

    assert (alone.pk, alone.login, alone.parent_account_id) == (before.pk, "INSTAGRAM", "")
    assert (again.pk, again.login, again.parent_account_id) == (before.pk, "", stage.made["pages"][0])
    assert again.access_expires_at is None


def test_ninety_days_end_the_access_whatever_the_token_says(stage: Stage, alone: Connection) -> None:
    stage.accounts["INSTAGRAM"] = alone
    picture = stage.picture()
    token = stage.sandbox.world.store.keys("meta_token", alone.account_id)
    for key in token:
        row: Any = stage.sandbox.world.store.get("meta_token", key)
        stage.sandbox.world.store.put("meta_token", key, row | {"data_access_expires_at": 0})
    post = stage.post("INSTAGRAM", media_ids=[picture.pk])

    stage.turn()

    assert stage.target(post).status == "FAILED"
    assert stage.target(post).problem == "PERMISSION_MISSING"
    Connection.objects.filter(pk=alone.pk).update(data_access_expires_at=timezone.now() + timedelta(days=6))
    health = health_of(Connection.objects.get(pk=alone.pk))
    assert (health.tone, health.words) == ("warn", "Instagram ends access soon. Connect again before.")


def test_disconnecting_forgets_the_token_and_checking_asks_instagram(alone: Connection) -> None:
    assert connecting.check_health(alone.pk).status == "ACTIVE"

    row = connecting.disconnect(alone.pk)

    assert (row.status, row.access_sealed) == ("DISCONNECTED", "")


def test_a_club_has_an_app_of_its_own_for_this_door(stage: Stage, alone: Connection) -> None:
    set_own_app("INSTAGRAM", client_id="1300000000000001", secret="sandbox-instagram-secret")

    row = Connection.objects.get(pk=alone.pk)
    assert (row.status, row.problem) == ("NEEDS_RECONNECT", "APP_CHANGED")
    assert log_in(stage, alone.account_id).connections[0].status == "ACTIVE"


def test_only_instagram_has_a_login_of_its_own(stage: Stage) -> None:
    with pytest.raises(InvalidError, match="Only Instagram has a login"):
        connecting.begin(network="TWITTER", redirect_uri=REDIRECT_URI, session="s", login="INSTAGRAM")
    with pytest.raises(IntegrityError, match="social_connection_login_ck"), transaction.atomic():
        Connection.objects.filter(network="FACEBOOK").update(login="INSTAGRAM")


def test_the_page_leads_there_and_the_api_takes_it(stage: Stage) -> None:
    admin = desk(stage.club.admin)
    page = text_of(admin.get("/admin/social/accounts/"))
    away = admin.get("/admin/social/accounts/connect/INSTAGRAM/?login=INSTAGRAM")
    wrong = admin.get("/admin/social/accounts/connect/TWITTER/?login=INSTAGRAM")
    key = {"X-API-Key": factories.api_key(stage.club.tenant, scopes=["crm:social"])}
    body = {"platform": "INSTAGRAM", "redirectUri": REDIRECT_URI, "login": "INSTAGRAM"}
    begun = Client().post("/api/v1/social/connections/connect", body, "application/json", headers=key)

    assert "Connect Instagram without a Facebook Page" in page
    assert away.headers["Location"].startswith(f"{stage.sandbox.url}/instagram/oauth/authorize?")
    assert wrong.status_code == 404
    assert begun.json()["url"].startswith(f"{stage.sandbox.url}/instagram/oauth/authorize?")


def test_no_token_stands_in_an_address(stage: Stage, alone: Connection, settings: Settings) -> None:
    assert stage.sandbox.url == settings.CRM_SOCIAL_SANDBOX_URL
    stage.accounts["INSTAGRAM"] = alone
    post = stage.post("INSTAGRAM", media_ids=[stage.picture().pk])
    stage.turn()

    paths = " ".join(one["path"] for one in control(stage.sandbox, "ledger")["calls"])
    assert open_token(alone, ACCESS) not in paths
    assert "IGAA" not in paths
    assert Attempt.objects.filter(target__post=post).exists()
    assert Target.objects.get(post=post).status == "PUBLISHED"
