"""The table of rights, and whose role is what."""

import pytest
from django.contrib.auth.models import AnonymousUser

from tenants.models import Role, Tenant, User
from tenants.roles import RIGHTS, STAFF_SEE_MONEY, Right, may, role_of, tenants_of
from tests import factories
from tests.cast import Club

TABLE = {
    Right.VIEW_PROFILES: {Role.ADMIN, Role.MARKETING_MANAGER, Role.STAFF, Role.VIEWER},
    Right.ADD_NOTES: {Role.ADMIN, Role.MARKETING_MANAGER, Role.STAFF},
    Right.CORRECT: {Role.ADMIN, Role.MARKETING_MANAGER, Role.STAFF},
    Right.SEE_MONEY: {Role.ADMIN, Role.MARKETING_MANAGER},
    Right.EDIT: {Role.ADMIN, Role.MARKETING_MANAGER},
    Right.ADMINISTER: {Role.ADMIN},
}


@pytest.mark.parametrize("right", list(Right))
@pytest.mark.parametrize("role", list(Role))
def test_each_role_has_the_rights_of_the_table(role: Role, right: Right) -> None:
    assert may(role, right) == (role in TABLE[right])


@pytest.mark.parametrize(("setting", "expected"), [({}, False), ({STAFF_SEE_MONEY: True}, True)])
def test_staff_see_money_where_the_club_says_so(setting: dict[str, bool], expected: bool) -> None:
    club = Tenant(settings=setting)

    assert may(Role.STAFF, Right.SEE_MONEY, club) is expected
    assert not may(Role.VIEWER, Right.SEE_MONEY, club)


def test_every_role_and_right_is_in_the_tables() -> None:
    assert set(RIGHTS) == set(Role)
    assert set(TABLE) == set(Right)


@pytest.mark.parametrize("right", list(Right))
def test_without_a_role_there_is_no_right(right: Right) -> None:
    assert not may(None, right)


@pytest.mark.parametrize("role", list(Role))
def test_a_member_has_their_role_in_their_club_and_none_elsewhere(
    fairview: Club, kingsmere: Club, role: Role
) -> None:
    assert role_of(fairview.member(role), fairview.tenant) is role
    assert role_of(fairview.member(role), kingsmere.tenant) is None


def test_the_stranger_has_no_role(fairview: Club, stranger: User) -> None:
    assert role_of(stranger, fairview.tenant) is None
    assert role_of(AnonymousUser(), fairview.tenant) is None
    assert list(tenants_of(stranger)) == []
    assert list(tenants_of(AnonymousUser())) == []


def test_a_superuser_is_admin_everywhere(fairview: Club, kingsmere: Club) -> None:
    root = factories.user(is_superuser=True)

    assert role_of(root, kingsmere.tenant) is Role.ADMIN
    assert list(tenants_of(root)) == [fairview.tenant, kingsmere.tenant]


def test_a_person_may_work_for_several_clubs(fairview: Club, kingsmere: Club) -> None:
    factories.membership(fairview.staff, kingsmere.tenant, Role.VIEWER)

    assert role_of(fairview.staff, kingsmere.tenant) is Role.VIEWER
    assert list(tenants_of(fairview.staff)) == [fairview.tenant, kingsmere.tenant]


def test_who_was_deactivated_has_no_role_left(fairview: Club) -> None:
    for user in (fairview.admin, factories.user(is_superuser=True)):
        user.is_active = False

        assert role_of(user, fairview.tenant) is None
        assert list(tenants_of(user)) == []


def test_a_club_that_left_is_offered_to_nobody(fairview: Club) -> None:
    Tenant.objects.filter(pk=fairview.tenant.pk).update(is_active=False)

    assert list(tenants_of(fairview.admin)) == []
    assert list(tenants_of(factories.user(is_superuser=True))) == []
