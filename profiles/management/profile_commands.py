"""What the commands about single customers have in common: whose they are, and who acts."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core.management.base import CommandError

from profiles.models import CustomerProfile
from tenants.actors import acting_as, program
from tenants.errors import DomainError
from tenants.scope import all_tenants, tenant_scope


@contextmanager
def scope_of_customer(profile_id: UUID, command: str) -> Iterator[None]:
    """Work in the customer's own club, as this command; what the domain refuses becomes a CommandError."""
    with all_tenants():
        tenant_id = CustomerProfile.objects.filter(pk=profile_id).values_list("tenant_id", flat=True).first()
    if tenant_id is None:
        raise CommandError(f"There is no customer {profile_id}.")
    with tenant_scope(tenant_id), acting_as(program(f"manage.py {command}")):
        try:
            yield
        except DomainError as error:
            raise CommandError(error.message) from error
