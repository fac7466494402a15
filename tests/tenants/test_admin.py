"""The back office of the ground floor: who gets in, clubs, colleagues, users, keys."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tenants.admin import formatting
from tenants.api_keys import find_key
from tenants.directory import find_tenant
from tenants.expiring_cache import clear_all_caches
from tenants.models import ApiKey, LoggedAction, Membership, Role, Tenant, User
from tenants.roles import IN_WORDS
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.back_office import INDEX, desk, text_of
from tests.cast import Club

TENANTS = "/admin/tenants/tenant/"
COLLEAGUES = "/admin/tenants/membership/"
USERS = "/admin/tenants/user/"
KEYS = "/admin/tenants/apikey/"
SETTINGS = [TENANTS, COLLEAGUES, USERS, KEYS]


@pytest.mark.parametrize("path", [INDEX, *SETTINGS])
def test_nobody_gets_in_without_logging_in(db: None, path: str) -> None:
    answer = Client().get(path)

    assert answer.status_code == 302
    assert "/admin/login/" in answer.headers["Location"]


@pytest.mark.parametrize("path", SETTINGS)
@pytest.mark.parametrize("role", list(Role))
def test_settings_are_for_admins(fairview: Club, path: str, role: Role) -> None:
    answer = desk(fairview.member(role)).get(path)

    # Where there is one club to choose, its form is shown at once.
    is_shown = 302 if path == TENANTS else 200
    assert answer.status_code == (is_shown if role == Role.ADMIN else 403)


@pytest.mark.parametrize("path", [f"{TENANTS}add/", f"{COLLEAGUES}add/", f"{USERS}add/", f"{KEYS}add/"])
def test_forms_of_settings_are_closed_to_everybody_else(fairview: Club, path: str) -> None:
    assert desk(fairview.marketing_manager).get(path).status_code == 403
    assert desk(fairview.viewer).post(path, {}).status_code == 403


def test_the_stranger_is_told_how_to_be_let_in(fairview: Club, stranger: User) -> None:
    answer = desk(stranger).get(INDEX)

    assert answer.status_code == 200
    assert "no club has let you in" in text_of(answer)
    assert "Fairview" not in text_of(answer)


def test_the_sidebar_shows_only_what_one_may_open(fairview: Club) -> None:
    assert "API keys" in text_of(desk(fairview.admin).get(INDEX))
    assert "API keys" not in text_of(desk(fairview.staff).get(INDEX))


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/admin/campaigns/calendar/", "Calendar"),
        ("/admin/campaigns/", "Campaigns"),
        ("/admin/social/queue/", "Queue"),
        ("/admin/tags/", "Tags"),
        (INDEX, "Dashboard"),
    ],
)
def test_one_entry_of_the_sidebar_is_the_current_one(fairview: Club, path: str, title: str) -> None:
    groups = desk(fairview.admin).get(path).context["sidebar_navigation"]

    assert [entry["title"] for group in groups for entry in group["items"] if entry["active"]] == [title]


def test_rules_that_one_cannot_change_are_reached_from_the_scores_and_not_from_the_sidebar(
    fairview: Club,
) -> None:
    assert "Scoring rules" in text_of(desk(fairview.admin).get(INDEX))
    assert "Scoring rules" not in text_of(desk(fairview.staff).get(INDEX))


def test_where_roles_are_chosen_it_says_what_each_may_do(fairview: Club) -> None:
    membership = Membership.objects.get(user=fairview.staff)
    browser = desk(fairview.admin)

    for path in (f"{COLLEAGUES}{membership.pk}/change/", "/admin/tenants/invitation/add/"):
        page = text_of(browser.get(path))
        assert [role for role, words in IN_WORDS.items() if f"<b>{role.label}</b>: {words}" not in page] == []
    assert IN_WORDS.keys() == set(Role)


def test_club_leads_to_the_form_where_there_is_one_club_to_choose(fairview: Club) -> None:
    answer = desk(fairview.admin).get(TENANTS)

    assert answer.headers["Location"] == f"{TENANTS}{fairview.tenant.pk}/change/"
    assert desk(fairview.viewer).get(TENANTS).status_code == 403


def test_a_key_is_revoked_on_its_page_after_a_question(fairview: Club, kingsmere: Club) -> None:
    for club in (fairview, kingsmere):
        factories.api_key(club.tenant)
    key, foreign = (ApiKey.objects.get(tenants=club.tenant) for club in (fairview, kingsmere))
    browser = desk(fairview.admin)
    revoke = reverse("admin:api_key_revoke", args=[key.pk])

    page, asked = text_of(browser.get(f"{KEYS}{key.pk}/change/")), text_of(browser.get(revoke))
    assert revoke in page
    assert "It never works again" in asked
    assert ApiKey.objects.filter(pk=key.pk, revoked_at=None).exists()

    done = text_of(browser.post(revoke, follow=True))

    key.refresh_from_db()
    assert f"Revoked: {key.name}." in done
    assert key.revoked_at is not None
    assert revoke not in text_of(browser.get(f"{KEYS}{key.pk}/change/"))
    assert browser.post(reverse("admin:api_key_revoke", args=[foreign.pk])).status_code == 404


def test_a_key_may_end_at_a_moment_of_the_clubs_clock(fairview: Club) -> None:
    form = {"name": "Shop", "scopes": ["crm:read"], "expires_at": "2090-06-01T10:00"}

    desk(fairview.admin).post(f"{KEYS}add/", form)

    assert ApiKey.objects.get().expires_at == datetime(2090, 6, 1, 8, tzinfo=UTC)


def test_the_switcher_offers_the_clubs_of_the_user_only(fairview: Club, kingsmere: Club) -> None:
    factories.membership(fairview.staff, kingsmere.tenant, Role.VIEWER)

    both = text_of(desk(fairview.staff).get(INDEX))
    one = text_of(desk(fairview.viewer).get(INDEX))

    assert both.count("<option value=") == 2
    assert "Kingsmere" not in one


def test_superusers_may_switch_to_every_club(fairview: Club, kingsmere: Club) -> None:
    root = factories.user("root", is_superuser=True)
    browser = desk(root)

    browser.post("/admin/switch-tenant/", {"tenant": str(kingsmere.tenant.pk)})

    assert "Kingsmere Park" in text_of(browser.get(TENANTS))
    assert browser.get(INDEX).context["club"] == kingsmere.tenant


def test_an_admin_changes_the_own_club_and_no_other(fairview: Club, kingsmere: Club) -> None:
    form = {
        "name": "Fairview Links",
        "time_zone": "Africa/Johannesburg",
        "default_country": "ZA",
        "currency": "ZAR",
        "locale": "en_ZA",
        "tiers": "Platinum\nGold\n\nSilver",
        "aliases": "fairview-links",
        "placeholder_addresses": "none@fairview.example",
        "shared_addresses": "",
    }

    own = desk(fairview.admin).post(f"{TENANTS}{fairview.tenant.pk}/change/", form)
    other = desk(fairview.admin).post(f"{TENANTS}{kingsmere.tenant.pk}/change/", form)

    assert own.status_code == 302
    changed = Tenant.objects.get(pk=fairview.tenant.pk)
    assert changed.name == "Fairview Links"
    assert changed.tier_order == ["Platinum", "Gold", "Silver"]
    assert changed.placeholders == ["none@fairview.example"]
    assert find_tenant("fairview-links") == changed
    assert find_tenant("fairview-gc") is None
    assert other.status_code == 302  # Django's way of saying that there is no such row
    assert Tenant.objects.get(pk=kingsmere.tenant.pk).name == "Kingsmere Park"


def test_an_alias_of_another_club_is_refused_in_the_form(fairview: Club, kingsmere: Club) -> None:
    form = {
        "name": "Fairview",
        "time_zone": "Africa/Johannesburg",
        "default_country": "ZA",
        "currency": "ZAR",
        "locale": "en_ZA",
        "tiers": "",
        "aliases": "kingsmere-park",
        "placeholder_addresses": "",
        "shared_addresses": "",
    }

    answer = desk(fairview.admin).post(f"{TENANTS}{fairview.tenant.pk}/change/", form)

    assert "already leads to another club" in text_of(answer)


def test_a_superuser_opens_a_new_club(db: None) -> None:
    form = {
        "name": "Newlands",
        "slug": "newlands",
        "time_zone": "Africa/Johannesburg",
        "default_country": "ZA",
        "currency": "ZAR",
        "locale": "en_ZA",
        "tiers": "Full",
        "aliases": "newlands-cc",
        "placeholder_addresses": "",
        "shared_addresses": "",
        "is_active": "on",
    }
    factories.tenant("fairview")

    answer = desk(factories.user("root", is_superuser=True)).post(f"{TENANTS}add/", form)

    assert answer.status_code == 302
    found = find_tenant("newlands-cc")
    assert found is not None
    assert found.slug == "newlands"
    with all_tenants():
        made = LoggedAction.objects.get(action="club.made")
    assert (
        made.tenant_id == found.pk
    )  # not of the club in which the operator worked, whose admins read that log


def test_the_clock_and_money_of_a_new_club_are_chosen(fairview: Club) -> None:
    html = text_of(desk(factories.user("root", is_superuser=True)).get(f"{TENANTS}add/"))

    for field in ("time_zone", "default_country", "currency", "locale"):
        options = html.split(f'<select name="{field}"')[1].split("</select>")[0]
        assert '<option value="" selected>Choose</option>' in options
    assert "AFA · Afghan Afghani" not in html
    assert "GBP · British Pound" in html


def test_colleagues_lead_to_an_invitation(fairview: Club) -> None:
    browser = desk(fairview.admin)

    html = text_of(browser.get("/admin/tenants/membership/"))

    assert 'href="/admin/tenants/invitation/add/"' in html
    assert browser.get("/admin/tenants/invitation/add/").status_code == 200


def test_an_operator_lets_an_account_into_a_club(fairview: Club, stranger: User) -> None:
    form = {"person": stranger.email.upper(), "role": Role.STAFF}

    answer = desk(factories.user("root", is_superuser=True)).post(f"{COLLEAGUES}add/", form)

    assert answer.status_code == 302
    assert Membership.objects.get(user=stranger).tenant == fairview.tenant


@pytest.mark.parametrize("name", ["stranger", "nobody-at-all"])
def test_a_clubs_admin_learns_of_no_account_and_takes_none(fairview: Club, stranger: User, name: str) -> None:
    answer = desk(fairview.admin).post(f"{COLLEAGUES}add/", {"person": name, "role": Role.STAFF})

    assert answer.status_code == 403
    assert not Membership.objects.filter(user=stranger).exists()


def test_changes_of_people_and_keys_stand_in_the_action_log(fairview: Club) -> None:
    row = Membership.objects.get(user=fairview.staff)
    browser = desk(fairview.admin)

    browser.post(f"{COLLEAGUES}{row.pk}/change/", {"role": Role.VIEWER})
    browser.post(f"{COLLEAGUES}{row.pk}/delete/", {"post": "yes"})
    with tenant_scope(fairview.tenant):
        told = list(LoggedAction.objects.order_by("id").values_list("action", "actor_name", "details"))

    name = fairview.staff.get_username()
    assert [(act, details) for act, _, details in told] == [
        ("membership.changed", {"name": name, "role": "STAFF → VIEWER"}),
        ("membership.removed", {"name": name, "role": "VIEWER"}),
    ]
    assert f"{name}" in text_of(browser.get("/admin/tenants/loggedaction/"))


def test_pages_load_our_own_scripts_only(fairview: Club) -> None:
    html = desk(fairview.admin).get("/admin/")

    policy = html.headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in policy
    assert "<script>" not in text_of(html)


def test_the_last_admin_can_be_neither_demoted_nor_removed(fairview: Club) -> None:
    row = Membership.objects.get(user=fairview.admin)
    browser = desk(fairview.admin)

    demoted = browser.post(f"{COLLEAGUES}{row.pk}/change/", {"role": Role.VIEWER})
    removed = browser.post(f"{COLLEAGUES}{row.pk}/delete/", {"post": "yes"})

    assert "only admin" in text_of(demoted)
    assert removed.status_code == 403
    assert Membership.objects.get(pk=row.pk).role == Role.ADMIN


def test_removing_a_colleague_says_what_happens_and_what_else_one_may_do(fairview: Club) -> None:
    row, browser = Membership.objects.get(user=fairview.staff), desk(fairview.admin)

    form = text_of(browser.get(f"{COLLEAGUES}{row.pk}/change/"))
    page = text_of(browser.get(f"{COLLEAGUES}{row.pk}/delete/"))
    done = text_of(browser.post(f"{COLLEAGUES}{row.pk}/delete/", {"post": "yes"}, follow=True))

    assert "Remove from the club …" in form
    for words in ("What they did stays", "invite them", "Log-ins", f"nothing of {fairview.tenant.name}"):
        assert words in page
    assert "is removed from the club." in done
    for words in ("Delete", "deleted", "Are you sure"):
        assert words not in form + page + done
    assert fairview.staff.is_active
    assert not Membership.objects.filter(pk=row.pk).exists()


def test_several_are_removed_at_once_but_the_last_admin(fairview: Club) -> None:
    browser, rows = desk(fairview.admin), Membership.objects.filter(tenant=fairview.tenant)
    chosen = {"action": "remove", "_selected_action": [row.pk for row in rows]}

    asked = text_of(browser.post(COLLEAGUES, chosen))
    before = rows.count()
    done = text_of(browser.post(COLLEAGUES, {**chosen, "post": "yes"}, follow=True))

    assert "stays: the club’s only admin" in asked
    assert before == len(chosen["_selected_action"]) > 1
    assert "stays: the club&#x27;s only admin" in done
    assert [row.user for row in rows.all()] == [fairview.admin]


def test_memberships_of_another_club_are_out_of_reach(fairview: Club, kingsmere: Club) -> None:
    row = Membership.objects.get(user=kingsmere.staff)

    desk(fairview.admin).post(f"{COLLEAGUES}{row.pk}/change/", {"role": Role.ADMIN})

    assert Membership.objects.get(pk=row.pk).role == Role.STAFF
    assert "kingsmere-staff" not in text_of(desk(fairview.admin).get(COLLEAGUES)).lower()


def test_a_new_user_may_log_in_and_has_a_role(fairview: Club) -> None:
    form = {
        "username": "newcomer",
        "email": "new@example.org",
        "first_name": "New",
        "last_name": "Comer",
        "role": Role.VIEWER,
        "password1": "a long enough password",
        "password2": "a long enough password",
        "usable_password": "true",
    }

    answer = desk(factories.user("root", is_superuser=True)).post(f"{USERS}add/", form)

    assert answer.status_code == 302
    user = User.objects.get(username="newcomer")
    assert user.is_staff
    assert not user.is_superuser
    assert Membership.objects.get(user=user).role == Role.VIEWER


def test_an_admin_cannot_touch_people_who_work_elsewhere_too(fairview: Club, kingsmere: Club) -> None:
    factories.membership(kingsmere.admin, fairview.tenant, Role.STAFF)
    root = factories.user("root", is_superuser=True)
    factories.membership(root, fairview.tenant, Role.STAFF)
    browser = desk(fairview.admin)

    for user in (kingsmere.admin, root):
        answer = browser.post(
            f"{USERS}{user.pk}/password/", {"password1": "taken over!", "password2": "taken over!"}
        )
        assert answer.status_code in (302, 403, 404)
        user.refresh_from_db()
        assert user.check_password(factories.PASSWORD)


def test_an_admin_cannot_make_superusers(fairview: Club) -> None:
    form = {"username": fairview.staff.username, "is_active": "on", "is_superuser": "on"}

    desk(fairview.admin).post(f"{USERS}{fairview.staff.pk}/change/", form)

    assert not User.objects.get(pk=fairview.staff.pk).is_superuser


def test_a_key_is_shown_once_and_opens_the_own_club_only(fairview: Club, kingsmere: Club) -> None:
    form = {
        "name": "TeeTime",
        "scopes": ["crm:events"],
        "sources": ["teetime"],
        "tenants": [str(kingsmere.tenant.pk)],
    }

    made = desk(fairview.admin).post(f"{KEYS}add/", form)

    found = re.search(r'value="(crm_[^"]+)"', text_of(made))
    assert found is not None
    assert "no-store" in made.headers["Cache-Control"]
    key = find_key(found[1])
    assert key is not None
    assert key.tenant_ids == {fairview.tenant.pk}
    row = ApiKey.objects.get()
    assert row.created_by == fairview.admin
    assert found[1] not in text_of(desk(fairview.admin).get(f"{KEYS}{row.pk}/change/"))


def test_an_operator_sees_of_which_club_each_key_is(fairview: Club, kingsmere: Club) -> None:
    factories.api_key(fairview.tenant, kingsmere.tenant)
    root = factories.user("root", is_superuser=True)

    assert "Fairview Golf Club, Kingsmere" in text_of(desk(root).get(KEYS))
    assert "column-clubs" not in text_of(desk(fairview.admin).get(KEYS))


def test_keys_are_revoked_from_the_list(fairview: Club, kingsmere: Club) -> None:
    plain = factories.api_key(fairview.tenant)
    foreign = factories.api_key(fairview.tenant, kingsmere.tenant)
    ids = [str(key) for key in ApiKey.objects.values_list("pk", flat=True)]

    desk(fairview.admin).post(KEYS, {"action": "revoke", "_selected_action": ids})

    clear_all_caches()
    assert find_key(plain) is None
    assert find_key(foreign) is not None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"),
        (-90, "in 1 minute"),
        (3600, "1 hour ago"),
        (86400 * 3, "3 days ago"),
        (86400 * 800, "2 years ago"),
    ],
)
def test_distances_are_told_in_words(seconds: int, said: str) -> None:
    now = datetime(2026, 3, 14, 12, tzinfo=UTC)

    assert formatting.ago(now - timedelta(seconds=seconds), now) == said


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Thandi Mokoena", "TM"), ("a@b.example", "AE"), ("", "?"), ("محمد علي", "مع"), ("Élodie", "É")],
)
def test_avatars_have_letters_for_every_name(name: str, letters: str) -> None:
    assert formatting.initials(name) == letters
