"""Who may do what on the ground floor."""

from collections.abc import Mapping
from typing import Any, Final

from tenants.action_log import log_action
from tenants.invitations import invite, token_of
from tenants.models import ApiKey, LoggedAction, Membership, Role, User
from tenants.scope import tenant_scope
from tests import factories
from tests.permissions import ADMIN, EVERYBODY, NOBODY, OPEN, OPERATOR, VIEWER, Page, Row, World

PAGES: Final = (
    Page("switch_tenant", EVERYBODY, "POST"),
    Page("tenants_loggedaction_changelist", ADMIN),
    Page("tenants_loggedaction_add", NOBODY),
    Page("tenants_loggedaction_change", ADMIN),
    Page("tenants_loggedaction_history", ADMIN),
    Page("tenants_loggedaction_delete", NOBODY),
    Page("tenants_apikey_changelist", ADMIN),
    Page("tenants_apikey_add", ADMIN),
    Page("tenants_apikey_change", ADMIN),
    Page("tenants_apikey_history", ADMIN),
    Page("tenants_apikey_delete", NOBODY),
    Page("api_key_revoke", ADMIN),
    Page("tenants_tenant_changelist", ADMIN),
    Page("tenants_tenant_add", OPERATOR),
    Page("tenants_tenant_change", ADMIN),
    Page("tenants_tenant_history", ADMIN),
    Page("tenants_tenant_delete", NOBODY),
    Page("tenants_membership_changelist", ADMIN),
    Page("tenants_membership_add", OPERATOR),
    Page("tenants_membership_change", ADMIN),
    Page("tenants_membership_history", ADMIN),
    Page("tenants_membership_delete", ADMIN),
    Page("tenants_invitation_changelist", ADMIN),
    Page("tenants_invitation_add", ADMIN),
    Page("tenants_invitation_change", ADMIN),
    Page("tenants_invitation_history", ADMIN),
    Page("tenants_invitation_delete", NOBODY),
    Page("second_factor", VIEWER),
    Page("tenants_user_changelist", ADMIN),
    Page("tenants_user_add", OPERATOR),
    Page("tenants_user_change", ADMIN),
    Page("tenants_user_history", ADMIN),
    Page("tenants_user_delete", NOBODY),
    Page("auth_user_password_change", OPERATOR),
)


def _invitation(world: World) -> Mapping[str, object]:
    club = world.club
    with tenant_scope(club.tenant):
        made = invite(email="new@fairview.example", role=Role.STAFF, invited_by=club.admin)
    return {"club": club.tenant.pk, "invitation": made.pk, "token": token_of(made)}


#                      anon exp read writ admi camp soci even  key  foreign stranger
KNOWN: Final = "        401 401  200  200  200  200  200  200  200  200     200"
# Whoever is not logged in is sent to the log-in page first.
ON_TO_LOGIN: Final = "  302 302  302  302  302  302  302  302  302  302     302"
REST: Final = (
    Row("me", "GET", "/api/v1/me", KNOWN),
    Row("tenants", "GET", "/api/v1/tenants", KNOWN),
    Row(
        "account-join",
        "GET",
        "/account/join/{club}/{invitation}/{token}",
        OPEN,
        prepare=_invitation,
    ),
    Row("admin_password_reset", "GET", "/account/password", OPEN),
    Row("account-password-sent", "GET", "/account/password/sent", OPEN),
    Row("account-password-new", "GET", "/account/password/new/MQ/x", OPEN),
    Row("account-password-done", "GET", "/account/password/done", OPEN),
    Row("account-code", "GET", "/account/code", ON_TO_LOGIN),
)


def things(world: World) -> Mapping[str, object]:
    """A key, a membership, a user and a logged action of the club."""
    club = world.club
    factories.api_key(club.tenant)
    with tenant_scope(club.tenant):
        log_action("customer.viewed", subject_kind="customer")
        invitation = invite(email="new@fairview.example", role=Role.STAFF, invited_by=club.admin)
        logged = LoggedAction.objects.get(action="customer.viewed")
    return {
        "tenants_apikey": ApiKey.objects.get().pk,
        "tenants_tenant": club.tenant.pk,
        "tenants_membership": Membership.objects.get(user=club.viewer).pk,
        "tenants_user": club.viewer.pk,
        "tenants_invitation": invitation.pk,
        "tenants_loggedaction": logged.pk,
        "key_id": ApiKey.objects.get().pk,
        "id": club.viewer.pk,
    }


def state() -> tuple[Any, ...]:
    """Who belongs to the club."""
    return (Membership.objects.count(), User.objects.count())
