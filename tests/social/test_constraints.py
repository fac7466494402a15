"""Every named constraint of this app's tables, violated."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from social import models as m
from tenants.scope import tenant_scope
from tests.cast import Club

pytestmark = pytest.mark.django_db
Made = dict[str, Any]


def rows(club: Club) -> Made:
    """One fit row of each table."""
    now, tenant = timezone.now(), club.tenant
    account = m.Connection.objects.create(
        tenant=tenant, network="TWITTER", account_id="1", account_name="F", access_sealed="x"
    )
    post = m.Post.objects.create(tenant=tenant, text="x", status="SCHEDULED", scheduled_at=now)
    media = m.Media.objects.create(
        tenant=tenant, kind="IMAGE", name="x", content_type="image/jpeg", storage_key="k", sha256="s", size=1,
        width=1, height=1,
    )  # fmt: skip
    target = m.Target.objects.create(
        tenant=tenant, post=post, connection=account, status="WAITING", planned_at=now, due_at=now
    )
    promotion = m.Promotion.objects.create(tenant=tenant, source_type="SPECIAL", source_id="1", name="x")
    return {"tenant": tenant, "account": account, "post": post, "media": media, "target": target,
            "promotion": promotion, "now": now}  # fmt: skip


def make(model: Any, /, **values: Any) -> Callable[[Made], object]:
    """Make a row; values that are callable get the rows that are there."""

    def act(made: Made) -> object:
        given = {name: one(made) if callable(one) else one for name, one in values.items()}
        return model.objects.create(tenant=made["tenant"], **given)

    return act


def change(name: str, **values: Any) -> Callable[[Made], object]:
    return lambda made: type(made[name]).objects.filter(pk=made[name].pk).update(**values)


def of(name: str) -> Callable[[Made], Any]:
    return lambda made: made[name]


def twice(act: Callable[[Made], object]) -> Callable[[Made], object]:
    return lambda made: (act(made), act(made))


ATTEMPT: dict[str, Any] = {
    "target": of("target"), "kind": "COMMIT", "lease": lambda made: uuid4(), "started_at": of("now")
}  # fmt: skip
STEP: dict[str, Any] = {"target": of("target"), "kind": "COMMIT", "request_hash": "h", "handle": "1"}
TOUCH: dict[str, Any] = {
    "promotion": of("promotion"), "key": "k", "kind": "REMINDER", "channel": "POST", "anchor": "closes"
}  # fmt: skip
STATE: dict[str, Any] = {
    "state_hash": "a" * 64, "session_hash": "b", "family": "X", "redirect_uri": "u", "expires_at": of("now")
}  # fmt: skip
FILE: dict[str, Any] = {
    "name": "x", "content_type": "c", "storage_key": "k", "sha256": "t", "size": 1, "width": 1, "height": 1
}  # fmt: skip
ENTRANT: dict[str, Any] = {
    "competition_key": "1", "profile_id": uuid4(), "origin_profile_id": uuid4(), "entered_at": of("now")
}  # fmt: skip
VIOLATIONS: dict[str, Callable[[Made], object]] = {
    "social_connection_account_uq": make(
        m.Connection, network="TWITTER", account_id="1", account_name="G", access_sealed="x"
    ),
    "social_connection_network_ck": change("account", network="MYSPACE"),
    "social_connection_status_ck": change("account", status="ODD"),
    "social_connection_login_ck": change("account", login="INSTAGRAM"),
    "social_connection_token_ck": change("account", access_sealed=""),
    "social_connection_forgotten_ck": change("account", status="DISCONNECTED"),
    "social_oauth_state_uq": twice(make(m.OAuthState, **STATE)),
    "social_oauth_family_ck": make(m.OAuthState, **{**STATE, "family": "ICQ"}),
    "social_oauth_hash_ck": make(m.OAuthState, **{**STATE, "state_hash": "no"}),
    "social_clubapp_family_uq": twice(make(m.ClubApp, family="X", client_id="1", secret_sealed="s")),
    "social_clubapp_family_ck": make(m.ClubApp, family="ICQ", client_id="1", secret_sealed="s"),
    "social_clubapp_whole_ck": make(m.ClubApp, family="X", client_id="1", secret_sealed=""),
    "social_media_content_uq": make(m.Media, **{**FILE, "kind": "IMAGE", "sha256": "s"}),
    "social_media_kind_ck": change("media", kind="AUDIO", duration_ms=None),
    "social_media_extent_ck": change("media", width=0),
    "social_media_duration_ck": change("media", duration_ms=5),
    "social_post_status_ck": change("post", status="ODD"),
    "social_post_time_ck": change("post", scheduled_at=None),
    "social_post_series_ends_ck": change("post", repeats="0 9 * * *"),
    "social_post_series_uq": twice(
        make(m.Post, text="x", status="SCHEDULED", scheduled_at=of("now"), series_id=uuid4())
    ),
    "social_variant_network_uq": twice(make(m.PostVariant, post=of("post"), network="TWITTER", text="y")),
    "social_variant_network_ck": make(m.PostVariant, post=of("post"), network="MYSPACE", text="y"),
    "social_postmedia_position_uq": twice(make(m.PostMedia, post=of("post"), media=of("media"), position=0)),
    "social_slot_time_uq": twice(make(m.QueueSlot, connection=of("account"), weekday=0, minute_of_day=0)),
    "social_slot_time_ck": make(m.QueueSlot, connection=of("account"), weekday=7, minute_of_day=0),
    "social_target_connection_uq": make(
        m.Target, post=of("post"), connection=of("account"), planned_at=of("now"), due_at=of("now")
    ),
    "social_target_status_ck": change("target", status="ODD"),
    "social_target_published_ck": change("target", status="PUBLISHED"),
    "social_target_reason_ck": change("target", status="FAILED"),
    "social_target_lease_ck": change("target", lease=uuid4()),
    "social_step_position_uq": twice(make(m.Step, **STEP)),
    "social_step_kind_ck": make(m.Step, **{**STEP, "kind": "ODD"}),
    "social_step_handle_ck": make(m.Step, **{**STEP, "handle": ""}),
    "social_attempt_outcome_ck": make(m.Attempt, **ATTEMPT, outcome="ODD"),
    "social_attempt_open_commit_uq": twice(make(m.Attempt, **ATTEMPT)),
    "social_sample_moment_uq": twice(make(m.MetricSample, target=of("target"), at=of("now"), version="2")),
    "social_sample_version_ck": make(m.MetricSample, target=of("target"), at=of("now"), version=""),
    "social_competition_key_uq": twice(make(m.Competition, key="1")),
    "social_entrant_person_uq": twice(make(m.Entrant, **ENTRANT)),
    "social_promotion_source_uq": make(m.Promotion, source_type="SPECIAL", source_id="1", name="y"),
    "social_promotion_source_ck": change("promotion", source_type="ODD"),
    "social_promotion_status_ck": change("promotion", status="ODD"),
    "social_touch_key_uq": twice(make(m.Touch, **TOUCH)),
    "social_touch_kind_ck": make(m.Touch, **{**TOUCH, "kind": "ODD"}),
    "social_touch_status_ck": make(m.Touch, **TOUCH, status="ODD"),
    "social_touch_channel_ck": make(m.Touch, **{**TOUCH, "channel": "FAX"}),
}
# Ids are unique by themselves; these only let a child refer to (tenant, id). Foreign keys and the rest are tried below.
ELSEWHERE = {
    "social_connection_tenant_uq", "social_media_tenant_uq", "social_post_tenant_uq", "social_target_tenant_uq",
    "social_promotion_tenant_uq", "social_target_bound_uq", "social_pause_family_ck",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(VIOLATIONS))
def test_the_constraint_holds(fairview: Club, name: str) -> None:
    with tenant_scope(fairview.tenant):
        made = rows(fairview)

        # A value of no known kind also breaks what its kind asks: PostgreSQL names one of them.
        also = "|social_media_duration_ck" if name == "social_media_kind_ck" else ""
        with pytest.raises(IntegrityError, match=name + also), transaction.atomic():
            VIOLATIONS[name](made)


def test_a_post_of_the_network_belongs_to_one_of_ours(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        made = rows(fairview)
        other = m.Post.objects.create(tenant=fairview.tenant, text="y", status="DRAFT")
        second = m.Target.objects.create(
            tenant=fairview.tenant,
            post=other,
            connection=made["account"],
            planned_at=made["now"],
            due_at=made["now"],
        )
        change("target", network_post_id="7")(made)

        with pytest.raises(IntegrityError, match="social_target_bound_uq"), transaction.atomic():
            m.Target.objects.filter(pk=second.pk).update(network_post_id="7")


def test_a_child_refers_to_a_parent_of_its_own_club(fairview: Club, kingsmere: Club) -> None:
    with tenant_scope(fairview.tenant):
        made = rows(fairview)
    with (
        tenant_scope(kingsmere.tenant),
        pytest.raises(IntegrityError, match="social_variant_post_fk"),
        transaction.atomic(),
    ):
        m.PostVariant.objects.create(
            tenant=kingsmere.tenant, post_id=made["post"].pk, network="TWITTER", text="y"
        )


def test_every_constraint_of_the_models_is_tried() -> None:
    named = {
        one.name for model in vars(m).values() if hasattr(model, "_meta") for one in model._meta.constraints
    }

    assert named - ELSEWHERE == set(VIOLATIONS)
    assert connection.vendor == "postgresql"
