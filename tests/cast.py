"""The people of the tests: two clubs, each role in each of them, and always the stranger.

Fairview is in South Africa, Kingsmere in the United Kingdom; nobody belongs to both. The stranger has an
account and belongs to neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from tenants.api.throttling import limiter
from tenants.expiring_cache import clear_all_caches
from tenants.models import Membership, Role, Tenant, User
from tests import factories


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Nothing that an earlier test left in the memory of this process."""
    clear_all_caches()
    limiter.forget()
    yield
    clear_all_caches()


@pytest.fixture(autouse=True, scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The development keys of this run, away from those of the installation."""
    folder = tmp_path_factory.mktemp("keys")
    settings.CRM_KEY_DIR = folder
    return folder


@dataclass(frozen=True)
class Club:
    """A tenant and one person of each role."""

    tenant: Tenant
    admin: User
    marketing_manager: User
    staff: User
    viewer: User

    def member(self, role: Role) -> User:
        """The person of the role."""
        people = {
            Role.ADMIN: self.admin,
            Role.MARKETING_MANAGER: self.marketing_manager,
            Role.STAFF: self.staff,
            Role.VIEWER: self.viewer,
        }
        return people[role]


def make_club(tenant: Tenant) -> Club:
    """A person of each role for the tenant."""
    people = {
        role: factories.unsaved_user(f"{tenant.slug}-{role.value.lower().replace('_', '-')}") for role in Role
    }
    User.objects.bulk_create(people.values())
    Membership.objects.bulk_create(
        Membership(user=person, tenant=tenant, role=role) for role, person in people.items()
    )
    return Club(
        tenant=tenant,
        admin=people[Role.ADMIN],
        marketing_manager=people[Role.MARKETING_MANAGER],
        staff=people[Role.STAFF],
        viewer=people[Role.VIEWER],
    )


def make_fairview() -> Club:
    """Fairview Golf Club, Johannesburg."""
    return make_club(factories.tenant("fairview", name="Fairview Golf Club", aliases=["fairview-gc"]))


def make_kingsmere() -> Club:
    """Kingsmere Park, Surrey."""
    tenant = factories.tenant(
        "kingsmere",
        name="Kingsmere Park",
        aliases=["kingsmere-park"],
        time_zone="Europe/London",
        default_country="GB",
        currency="GBP",
        locale="en_GB",
    )
    return make_club(tenant)


@pytest.fixture
def fairview(db: None) -> Club:
    """Fairview Golf Club, Johannesburg."""
    return make_fairview()


@pytest.fixture
def kingsmere(db: None) -> Club:
    """Kingsmere Park, Surrey."""
    return make_kingsmere()


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody with an account and no club."""
    return factories.user("stranger")
