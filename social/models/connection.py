"""Accounts on networks, the consent under way, and pauses of a whole app."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.models import TenantModel


class Network(models.TextChoices):
    """Where a post may stand."""

    FACEBOOK = "FACEBOOK", "Facebook"
    INSTAGRAM = "INSTAGRAM", "Instagram"
    TWITTER = "TWITTER", "X"


class Login(models.TextChoices):
    """By which door an Instagram account was connected; the other networks have one door each."""

    USUAL = "", "By its network"
    INSTAGRAM = "INSTAGRAM", "By Instagram itself"


class ConnectionStatus(models.TextChoices):
    """Whether an account may be worked with."""

    ACTIVE = "ACTIVE", "Connected"
    NEEDS_RECONNECT = "NEEDS_RECONNECT", "Connect again"
    DISCONNECTED = "DISCONNECTED", "Disconnected"


class Connection(TenantModel):
    """One account of the club on one network, with its tokens, encrypted for this very row.

    `closed_until` is the bucket: nothing is asked of the account before. `renewing_until` is the lease under which one
    worker renews the token. `parent_account_id`: the Facebook Page through which an Instagram account is reached;
    none where `login` says that Instagram itself gave the consent.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    network = models.CharField(max_length=10, choices=Network.choices)
    login = models.CharField(max_length=9, choices=Login.choices, blank=True, default=Login.USUAL)
    account_id = models.CharField(max_length=64)
    account_name = models.CharField(max_length=200)
    username = models.CharField(max_length=100, blank=True)
    parent_account_id = models.CharField(max_length=64, blank=True)
    person_id = models.CharField(
        max_length=64, blank=True, help_text="Who gave consent, by the network's id."
    )
    scopes = ArrayField(models.CharField(max_length=60), default=list)
    status = models.CharField(
        max_length=16, choices=ConnectionStatus.choices, default=ConnectionStatus.ACTIVE
    )
    problem = models.CharField(
        max_length=40, blank=True, help_text="Why it needs somebody; see social.networks.errors."
    )
    access_sealed = models.TextField(blank=True)
    refresh_sealed = models.TextField(blank=True)
    access_expires_at = models.DateTimeField(null=True)
    data_access_expires_at = models.DateTimeField(null=True)
    renewing_until = models.DateTimeField(null=True)
    renewals = models.PositiveIntegerField(default=0)
    closed_until = models.DateTimeField(null=True)
    closed_reason = models.CharField(max_length=40, blank=True)
    quota_total = models.PositiveIntegerField(null=True)
    quota_used = models.PositiveIntegerField(null=True)
    quota_read_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(
        null=True, help_text="When the club's admins were written to about its end."
    )
    connected_by_name = models.CharField(max_length=250, blank=True)
    connected_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "network", "account_id"], name="social_connection_account_uq"
            ),
            models.UniqueConstraint(fields=["tenant", "id"], name="social_connection_tenant_uq"),
            models.CheckConstraint(
                condition=Q(network__in=Network.values), name="social_connection_network_ck"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ConnectionStatus.values), name="social_connection_status_ck"
            ),
            models.CheckConstraint(
                condition=Q(login="") | Q(login="INSTAGRAM", network="INSTAGRAM", parent_account_id=""),
                name="social_connection_login_ck",
            ),
            # Who may work holds a token; who was disconnected holds none.
            models.CheckConstraint(
                condition=~Q(status="ACTIVE") | ~Q(access_sealed=""), name="social_connection_token_ck"
            ),
            models.CheckConstraint(
                condition=~Q(status="DISCONNECTED") | Q(access_sealed="", refresh_sealed=""),
                name="social_connection_forgotten_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_network_display()} · {self.account_name}"


class OAuthState(TenantModel):
    """A consent under way: bound to the tenant and the browser's session (or the caller), used once, soon over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state_hash = models.CharField(max_length=64)
    session_hash = models.CharField(max_length=64)
    family = models.CharField(
        max_length=10, help_text="META (one consent serves Facebook and Instagram), INSTAGRAM or X."
    )
    verifier_sealed = models.TextField(blank=True)
    redirect_uri = models.TextField()
    started_by_name = models.CharField(max_length=250, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state_hash"], name="social_oauth_state_uq"),
            models.CheckConstraint(
                condition=Q(family__in=["META", "INSTAGRAM", "X"]), name="social_oauth_family_ck"
            ),
            models.CheckConstraint(
                condition=Q(state_hash__regex=r"^[0-9a-f]{64}$"), name="social_oauth_hash_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family} consent until {self.expires_at}"


class ClubApp(TenantModel):
    """The club's own registration at Meta or X, where it does not want to go through the platform's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    family = models.CharField(max_length=10)
    client_id = models.CharField(max_length=200)
    secret_sealed = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "family"], name="social_clubapp_family_uq"),
            models.CheckConstraint(
                condition=Q(family__in=["META", "INSTAGRAM", "X"]), name="social_clubapp_family_ck"
            ),
            models.CheckConstraint(
                condition=~Q(client_id="") & ~Q(secret_sealed=""), name="social_clubapp_whole_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family} {self.client_id}"


class AppPause(models.Model):
    """A pause of every job of one network's app, of all clubs: out of credit, too many calls."""

    family = models.CharField(primary_key=True, max_length=10)
    until = models.DateTimeField()
    reason = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(family__in=["META", "X"]), name="social_pause_family_ck")
        ]

    def __str__(self) -> str:
        return f"{self.family} until {self.until}"
