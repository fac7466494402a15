"""Who may publish, connect and promote."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from django.utils import timezone

from social.library.storage import storage
from social.models import Connection, Media, Post, Promotion, Target
from social.tokens import ACCESS, encrypt_token
from tenants.scope import tenant_scope
from tests.permissions import ADMIN, MANAGER, VIEWER, Page, Row, World

#                     anon exp read writ admi camp soci even  key  foreign stranger
SEE: Final = "         401 401  403  403  403  403  200  403  200  404     404"
MAKE: Final = "        401 401  403  403  403  403  201  403  201  404     404"
QUEUE: Final = "       401 401  403  403  403  403  202  403  202  404     404"
REMOVE: Final = "      401 401  403  403  403  403  204  403  204  404     404"
# The stand-in is not there: nothing is answered, and nothing changes.
AWAY: Final = "        401 401  403  403  403  403  200  403  200  404     404"
# Only what is out can be changed there.
EARLY: Final = "       401 401  403  403  403  403  409  403  409  404     404"
FORBIDDEN: Final = "   401 401  403  403  403  403  403  403  403  404     404"
# Networks have no login: the address itself is signed, and this one is not.
NOWHERE: Final = "     404 404  404  404  404  404  404  404  404  404     404"
OWN: Final = "?tenantId=fairview"
PIXEL: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAADwAAAA8AQAAAAASh+TfAAAAD0lEQVR42mNgGAWjADsAAAIcAAFXfAS9AAAAAElFTkSuQmCC"
)
EVENT: Final = {"name": "Cup", "startsAt": "2030-05-01T08:00:00Z", "entriesCloseAt": "2030-04-29T18:00:00Z"}


def account(world: World) -> Connection:
    """An account whose token the network would refuse."""
    row = Connection(
        tenant=world.club.tenant, network="TWITTER", account_id=uuid4().hex, account_name="Fairview",
        access_expires_at=timezone.now().replace(year=2099),
    )  # fmt: skip
    row.access_sealed = encrypt_token(row, ACCESS, "token")
    with tenant_scope(world.club.tenant):
        row.save()
    return row


def post_in(world: World, status: str, target_status: str = "WAITING") -> Mapping[str, object]:
    """A post on one account."""
    now, connection = timezone.now().replace(year=2090), account(world)
    with tenant_scope(world.club.tenant):
        row = Post.objects.create(tenant=world.club.tenant, text=uuid4().hex, status=status, scheduled_at=now)
        more = {"problem": "REFUSED"} if target_status == "FAILED" else {}
        target = Target.objects.create(
            tenant=world.club.tenant, post=row, connection=connection, planned_at=now, due_at=now,
            status=target_status, **more,
        )  # fmt: skip
    return {"post": row.pk, "target": target.pk}


def draft(world: World) -> Mapping[str, object]:
    """A post that nobody has scheduled."""
    return post_in(world, "DRAFT", "DRAFT")


def failed(world: World) -> Mapping[str, object]:
    """A post that did not go out."""
    return post_in(world, "FAILED", "FAILED")


def connection_of(world: World) -> Mapping[str, object]:
    """An account."""
    world.settings.CRM_SOCIAL_SANDBOX_URL = "http://127.0.0.1:9"
    return {"connection": account(world).pk}


def file(world: World) -> Mapping[str, object]:
    """A file that no post uses."""
    world.settings.CRM_MEDIA_DIR = "/tmp/crm-no-media"
    with tenant_scope(world.club.tenant):
        row = Media.objects.create(
            tenant=world.club.tenant, kind="IMAGE", name="x", content_type="image/jpeg", storage_key=uuid4().hex,
            sha256=uuid4().hex * 2, size=1, width=1, height=1,
        )  # fmt: skip
    return {"media": row.pk}


def media_folder(world: World) -> Mapping[str, object]:
    """Where files go."""
    world.settings.CRM_MEDIA_DIR = "/tmp/crm-test-media"
    return {}


def plan(world: World) -> Mapping[str, object]:
    """A plan that waits for approval."""
    with tenant_scope(world.club.tenant):
        row = Promotion.objects.create(
            tenant=world.club.tenant, source_type="SPECIAL", source_id=uuid4().hex, name="Cup", facts=EVENT,
            channels=["POST"],
        )  # fmt: skip
    return {"promotion": row.pk}


REST: Final[tuple[Any, ...]] = (
    Row("social-media", "GET", "/media/{id}", NOWHERE),
    Row("social-connections", "GET", f"/api/v1/social/connections{OWN}", SEE),
    Row("social-connect", "POST", f"/api/v1/social/connections/connect{OWN}", SEE,
        {"platform": "TWITTER", "redirectUri": "https://club.example/back"}),
    Row("social-callback", "POST", f"/api/v1/social/connections/callback{OWN}", FORBIDDEN, {"state": "none"}),
    Row("social-connection", "DELETE", f"/api/v1/social/connections/{{connection}}{OWN}", SEE, prepare=connection_of),
    Row("social-refresh", "POST", f"/api/v1/social/connections/{{connection}}/refresh{OWN}", AWAY,
        prepare=connection_of),
    Row("social-posts", "GET", f"/api/v1/social/posts{OWN}", SEE),
    Row("social-posts", "POST", f"/api/v1/social/posts{OWN}", MAKE, {"text": "Open"}),
    Row("social-post", "GET", f"/api/v1/social/posts/{{post}}{OWN}", SEE, prepare=draft),
    Row("social-post", "PATCH", f"/api/v1/social/posts/{{post}}{OWN}", SEE, {"text": "Open"}, prepare=draft),
    Row("social-publish", "POST", f"/api/v1/social/posts/{{post}}/publish{OWN}", QUEUE, prepare=draft),
    Row("social-cancel", "POST", f"/api/v1/social/posts/{{post}}/cancel{OWN}", SEE, prepare=draft),
    Row("social-retry", "POST", f"/api/v1/social/posts/{{post}}/retry{OWN}", QUEUE, prepare=failed),
    Row("social-sync-engagement", "POST", f"/api/v1/social/posts/{{post}}/sync-engagement{OWN}", SEE, prepare=draft,
        is_reading=True),
    Row("social-target-act", "POST", f"/api/v1/social/posts/{{post}}/targets/{{target}}/delete{OWN}", EARLY,
        prepare=draft),
    Row("social-media-list", "GET", f"/api/v1/social/media{OWN}", SEE),
    Row("social-media-list", "POST", f"/api/v1/social/media{OWN}", MAKE, {"name": "x.png", "content": PIXEL},
        prepare=media_folder),
    Row("social-media-one", "DELETE", f"/api/v1/social/media/{{media}}{OWN}", REMOVE, prepare=file),
    Row("promotions", "GET", f"/api/v1/promotions{OWN}", SEE),
    Row("promotions", "POST", f"/api/v1/promotions{OWN}", MAKE,
        {"sourceType": "SPECIAL", "sourceId": "s-1", "event": EVENT}),
    Row("promotion", "GET", f"/api/v1/promotions/{{promotion}}{OWN}", SEE, prepare=plan),
    Row("promotion", "PATCH", f"/api/v1/promotions/{{promotion}}{OWN}", SEE, {"reminderDays": [5]}, prepare=plan),
    Row("promotion", "DELETE", f"/api/v1/promotions/{{promotion}}{OWN}", SEE, prepare=plan),
    Row("promotion-act", "POST", f"/api/v1/promotions/{{promotion}}/approve{OWN}", SEE, prepare=plan),
    Row("social-analytics", "GET", f"/api/v1/analytics/social{OWN}", SEE),
)  # fmt: skip
PAGES: Final = (
    Page("social_posts", VIEWER),
    Page("social_post", VIEWER),
    Page("social_post_new", MANAGER),
    Page("social_post_edit", MANAGER),
    Page("social_post_act", MANAGER, "POST"),
    Page("social_preview", MANAGER, "POST"),
    Page("social_accounts", VIEWER),
    Page("social_connect", ADMIN),
    Page("social_connected", ADMIN),
    Page("social_apps", ADMIN, "POST"),
    Page("social_account_act", ADMIN, "POST"),
    Page("social_post_move", MANAGER, "POST"),
    Page("social_settings", ADMIN),
    Page("social_queue", VIEWER),
    Page("social_queue_act", MANAGER, "POST"),
    Page("social_evergreens", VIEWER),
    Page("social_reports", VIEWER),
    Page("social_media_crop", MANAGER),
    Page("social_media", VIEWER),
    Page("social_media_file", VIEWER),
    Page("social_media_act", MANAGER, "POST"),
    Page("promotions", VIEWER),
    Page("promotion_new", MANAGER),
    Page("promotion", VIEWER),
    Page("promotion_act", MANAGER, "POST"),
    Page("promotion_preview", MANAGER, "POST"),
)


def things(world: World) -> Mapping[str, object]:
    """A draft, an account, a file that is there, a plan."""
    connection, made = connection_of(world), {**draft(world), **file(world), **plan(world)}
    with tenant_scope(world.club.tenant):
        media = Media.objects.get(pk=made["media"])
        storage().write(media.storage_key, b"x", media.content_type)
    return {
        "post_id": made["post"],
        "connection_id": connection["connection"],
        "media_id": made["media"],
        "promotion_id": made["promotion"],
        "network": "TWITTER",
    }
