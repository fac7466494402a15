"""People join a club by an invitation that they accept: nobody is put into a club, and no account can be looked up.

The link holds a signature over the invitation and its issue, so it is stored nowhere and a worker can make it for the
mail; inviting an address again ends its earlier link. Whoever accepts logs in with an account of theirs, or makes a new
one. An address may have several accounts (`tenants.signing_in.PersonBackend` tells them apart by the password): an
admin who invites it learns nothing about those of other clubs, even by accepting.
"""

import secrets
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from tenants.action_log import log_action
from tenants.actors import acting_as, actor_of_user
from tenants.errors import ConflictError
from tenants.models import Invitation, Membership, Role, Tenant, User
from tenants.scope import current_tenant_id

DAYS_OPEN: Final = 7
SALT: Final = "tenants.invitation"


def token_of(invitation: Invitation) -> str:
    """The secret part of the link."""
    return salted_hmac(SALT, f"{invitation.pk}:{invitation.issue}", algorithm="sha256").hexdigest()


def path_of(invitation: Invitation) -> str:
    """Where the invitation is accepted."""
    return reverse("account-join", args=[invitation.tenant_id, invitation.pk, token_of(invitation)])


def invite(*, email: str, role: Role, invited_by: User) -> Invitation:
    """Invite an address into the open scope's club; one that is invited already gets a new link and the new role."""
    now = timezone.now()
    with transaction.atomic():
        Invitation.objects.filter(
            email__iexact=email, accepted_at__isnull=True, withdrawn_at__isnull=True
        ).update(withdrawn_at=now)
        invitation: Invitation = Invitation.objects.create(
            tenant_id=current_tenant_id(),
            email=email,
            role=role,
            invited_by=invited_by,
            made_at=now,
            expires_at=now + timedelta(days=DAYS_OPEN),
        )
        _note("invitation.made", invitation)
    return invitation


def withdraw(invitation: Invitation) -> bool:
    """End an open invitation; False when it is none any more."""
    with transaction.atomic():
        rows = Invitation.objects.filter(
            pk=invitation.pk, accepted_at__isnull=True, withdrawn_at__isnull=True
        )
        if not rows.update(withdrawn_at=timezone.now()):
            return False
        _note("invitation.withdrawn", invitation)
    return True


def find_invitation(invitation_id: object, token: str) -> Invitation | None:
    """The open invitation of the open scope's club that the link is about."""
    invitation: Invitation | None = (
        Invitation.objects.select_related("tenant").filter(pk=invitation_id, tenant__is_active=True).first()
    )
    if invitation is None or not constant_time_compare(token_of(invitation), token):
        return None
    return invitation if invitation.is_open(timezone.now()) else None


def new_account(*, invitation: Invitation, first_name: str, last_name: str, password: str) -> User:
    """An account for the invited address. Its user name is made up: a wish could be refused, and tell of others."""
    local = invitation.email.partition("@")[0][:100]
    user = User(
        username=f"{local}-{secrets.token_hex(4)}",
        email=invitation.email,
        first_name=first_name,
        last_name=last_name,
    )
    user.set_password(password)
    user.save()
    return user


def accept(*, invitation: Invitation, user: User) -> Membership:
    """Let the user in, once. Who works for the club already keeps the role they have.

    Raises ConflictError when somebody was faster, or the invitation was withdrawn meanwhile.
    """
    now = timezone.now()
    club: Tenant = invitation.tenant
    with transaction.atomic(), acting_as(actor_of_user(user)):
        rows = Invitation.objects.filter(
            pk=invitation.pk,
            issue=invitation.issue,
            accepted_at__isnull=True,
            withdrawn_at__isnull=True,
            expires_at__gt=now,
        )
        if not rows.update(accepted_at=now, accepted_by=user):
            raise ConflictError("This invitation has been used or withdrawn; ask for a new one.")
        User.objects.filter(pk=user.pk, is_staff=False).update(is_staff=True)
        membership, _ = Membership.objects.get_or_create(
            user=user, tenant=club, defaults={"role": invitation.role}
        )
        _note("invitation.accepted", invitation)
    return membership


def _note(action: str, invitation: Invitation) -> None:
    log_action(
        action,
        subject_kind="invitation",
        subject_id=invitation.pk,
        details={"name": invitation.email, "role": invitation.role},
    )
