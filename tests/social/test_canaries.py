"""Tokens stand nowhere but in their sealed columns: not in logs, the database, Redis, answers, pages or addresses."""

import logging
from typing import Any

import pytest
import redis
import requests
from django.conf import settings
from django.db import connection
from django.test import Client

from social import connecting
from social.measuring import measure_post
from social.models import Connection
from social.posts import get_post
from social.tokens import ACCESS, REFRESH, account_of, open_token
from tests import factories
from tests.back_office import desk
from tests.social.publishing import Stage, connect, file_server, stage
from tests.social.sandboxes import control, sandbox

__all__ = ["connect", "file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
PAGES = ("accounts/", "", "media/", "posts/new/")
ADDRESSES = ("connections", "posts")
QUERY = "{ socialConnections { id accountName status } }"


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that was asked."""
    asked: list[str] = []
    send = requests.Session.send

    def noting(session: requests.Session, request: Any, **how: Any) -> requests.Response:
        asked.append(str(request.url))
        return send(session, request, **how)

    monkeypatch.setattr(requests.Session, "send", noting)
    return asked


def tokens() -> set[str]:
    """Every token in plain."""
    rows = list(Connection.objects.exclude(access_sealed=""))
    found = {open_token(row, kind) for row in rows for kind in (ACCESS, REFRESH)}
    return found - {""}


def dump() -> str:
    """All rows of all tables, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'crm'")
        names = [name for (name,) in cursor.fetchall()]
        assert "social_connection" in names
        parts = []
        for name in names:
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM crm."{name}" AS t')
            parts.append(str(cursor.fetchone()))
    return "\n".join(parts)


def cached() -> str:
    """All that Redis holds."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return "\n".join(f"{key!r} {client.dump(key)!r}" for key in client.scan_iter())


def test_no_token_is_found_anywhere(
    stage: Stage, addresses: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    known = tokens()
    shown_accounts = [repr(account_of(row)) for row in stage.accounts.values()]
    post = stage.post("FACEBOOK", "INSTAGRAM", "TWITTER", media_ids=[stage.picture().pk], first_comment="Hi")
    stage.fault("cut_after", r"/x-api/2/tweets$")
    stage.turn()
    stage.turn(1)
    control(stage.sandbox, "token", {"user": stage.made["x"], "action": "expire"})
    account_of(stage.accounts["TWITTER"], rejected=stage.accounts["TWITTER"].access_sealed)
    known |= tokens()
    measure_post(get_post(post.pk))
    for row in stage.accounts.values():
        connecting.check_health(row.pk)
    control(stage.sandbox, "token", {"person": stage.made["person"], "action": "password"})
    failed = stage.post("FACEBOOK", text="Too late")
    stage.turn()

    said = caplog.text
    admin, key = desk(stage.club.admin), {"X-API-Key": factories.api_key(stage.club.tenant)}
    pages = [f"/admin/social/{path}" for path in PAGES]
    pages += [f"/admin/social/posts/{one.pk}/" for one in (post, failed)]
    shown = [admin.get(path) for path in pages]
    answers = [Client().get(f"/api/v1/social/{path}", headers=key) for path in ADDRESSES]
    answers.append(Client().post("/graphql", {"query": QUERY}, "application/json", headers=key))
    connecting.disconnect(stage.accounts["TWITTER"].pk)

    assert len(known) >= 4
    assert all(answer.status_code == 200 for answer in (*shown, *answers))
    told = [answer.content.decode() for answer in (*shown, *answers)]
    for place in (said, caplog.text, dump(), cached(), *addresses, *told, *shown_accounts):
        assert not any(token in place for token in known)
