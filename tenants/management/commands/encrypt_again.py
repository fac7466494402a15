"""`manage.py encrypt_again`: after a new key was put in front of `CRM_ENCRYPTION_KEYS`."""

from typing import Any

from django.core.management.base import CommandError

from tenants.actors import acting_as, program
from tenants.commands import ProductCommand, counted
from tenants.encrypting_again import Encrypted, encrypt_again
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(ProductCommand):
    """For operators who exchange the key under which secrets are kept."""

    help = (
        "Encrypt the secrets of all clubs anew with the first of CRM_ENCRYPTION_KEYS; then the others may go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Club by club, closed ones as well; what no key reads is named and stays."""
        anew = unreadable = 0
        for club in Tenant.objects.order_by("slug"):
            done = self._encrypt(club)
            anew, unreadable = anew + done.anew, unreadable + done.unreadable
            if done.unreadable:
                self.stderr.write(f"{club.slug}: none of the keys reads {counted(done.unreadable, 'secret')}")
        self.stdout.write(f"{counted(anew, 'secret')} encrypted with the first key.")
        if unreadable:
            raise CommandError(
                "Put the key with which the others were encrypted behind the first and run this again, or exchange"
                " these secrets."
            )
        self.stdout.write("The keys behind it are not needed any more.")

    def _encrypt(self, club: Tenant) -> Encrypted:
        with tenant_scope(club), acting_as(program("manage.py encrypt_again")):
            return encrypt_again()
