"""How people come in: by an invitation that they accept, by a new password by mail, with a second factor."""

import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from tenants import second_factor, staff_mail, tasks
from tenants.invitations import invite, new_account, path_of, withdraw
from tenants.models import Invitation, LoggedAction, Membership, Role, User
from tenants.redis_client import redis_client
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import INDEX, desk, text_of
from tests.cast import Club

LOGIN = "/admin/login/"
INVITATIONS = "/admin/tenants/invitation/"
SECOND_FACTOR = "/admin/second-factor/"
FORGOTTEN = "/account/password"
GOOD = "seven-wet-greens"
SITE = "http://testserver/"
NEWCOMER = {
    "with": "new",
    "first_name": "Nandi",
    "last_name": "Zulu",
    "password1": GOOD,
    "password2": GOOD,
}


@pytest.fixture(autouse=True)
def mails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs here: what would be told to one is done now."""
    for key in redis_client().scan_iter("crm:reset:*"):
        redis_client().delete(key)
    by_name = {task.name: task for task in (tasks.mail_password_reset_task, tasks.mail_invitation_task)}
    monkeypatch.setattr(
        "tenants.staff_mail.current_app.send_task", lambda name, args, **_: by_name[name](*args)
    )


def invited(club: Club, email: str = "nandi@post.example", role: Role = Role.STAFF) -> Invitation:
    with tenant_scope(club.tenant):
        return invite(email=email, role=role, invited_by=club.admin)


def link_in(message: Any) -> str:
    found = re.search(r"http://testserver(\S+)", message.body)
    assert found is not None
    return found[1]


def forgotten(form: dict[str, str], address: str = "") -> Any:
    """Ask for a mail, each time from another address unless told otherwise."""
    address = address or f"2001:db8::{secrets.token_hex(2)}:{secrets.token_hex(2)}"
    return Client().post(FORGOTTEN, form, REMOTE_ADDR=address)


def role_in(club: Club, user: User) -> str | None:
    return Membership.objects.filter(tenant=club.tenant, user=user).values_list("role", flat=True).first()


def test_an_admin_invites_and_the_person_joins_by_the_mail(fairview: Club) -> None:
    page = desk(fairview.admin).post(
        f"{INVITATIONS}add/", {"email": "nandi@post.example", "role": Role.MARKETING_MANAGER}
    )
    (message,) = mail.outbox
    visitor = Client()
    joined = visitor.post(link_in(message), NEWCOMER)

    assert message.to == ["nandi@post.example"]
    assert "no-store" in page.headers["Cache-Control"]
    assert link_in(message) in text_of(page)
    assert joined.headers["Location"] == INDEX
    user = User.objects.get(email="nandi@post.example")
    assert role_in(fairview, user) == Role.MARKETING_MANAGER
    assert "Fairview" in text_of(visitor.get(INDEX))
    with tenant_scope(fairview.tenant):
        told = list(LoggedAction.objects.order_by("id").values_list("action", "actor_id"))
    assert told == [("invitation.made", str(fairview.admin.pk)), ("invitation.accepted", str(user.pk))]


def test_somebody_logs_in_with_the_address_they_were_invited_under(fairview: Club) -> None:
    Client().post(path_of(invited(fairview)), NEWCOMER)

    answer = Client().post(LOGIN, {"username": "Nandi@post.example", "password": GOOD, "next": INDEX})

    assert answer.status_code == 302


@pytest.mark.parametrize("is_known", [True, False])
def test_the_link_says_nothing_about_accounts_of_other_clubs(
    fairview: Club, kingsmere: Club, is_known: bool
) -> None:
    email = kingsmere.staff.email if is_known else "nobody@post.example"
    path = path_of(invited(fairview, email))

    shown, joined = Client().get(path), Client().post(path, NEWCOMER)

    assert kingsmere.staff.username not in text_of(shown).replace(email, "")
    assert joined.status_code == 302
    assert role_in(fairview, kingsmere.staff) is None
    before = kingsmere.staff.password
    kingsmere.staff.refresh_from_db()
    assert kingsmere.staff.password == before


def test_two_accounts_of_one_address_are_told_apart_by_the_password(fairview: Club, kingsmere: Club) -> None:
    Client().post(path_of(invited(fairview, kingsmere.staff.email)), NEWCOMER)
    browser = Client()

    browser.post(LOGIN, {"username": kingsmere.staff.email, "password": factories.PASSWORD})

    page = text_of(browser.get(INDEX))
    assert "Kingsmere" in page
    assert "Fairview" not in page


def test_somebody_joins_with_the_account_they_have(fairview: Club, kingsmere: Club) -> None:
    browser = Client()
    form = {"with": "old", "username": kingsmere.staff.email, "password": factories.PASSWORD}

    answer = browser.post(path_of(invited(fairview)), form)

    assert answer.status_code == 302
    assert role_in(fairview, kingsmere.staff) == Role.STAFF
    assert "Fairview" in text_of(browser.get(INDEX))


def test_somebody_joins_as_who_is_logged_in_and_keeps_a_role(fairview: Club) -> None:
    answer = desk(fairview.admin).post(path_of(invited(fairview)), {"with": "me"})

    assert answer.status_code == 302
    assert role_in(fairview, fairview.admin) == Role.ADMIN


def test_a_wrong_password_lets_nobody_in(fairview: Club, kingsmere: Club) -> None:
    form = {"with": "old", "username": kingsmere.staff.email, "password": "wrong"}

    answer = Client().post(path_of(invited(fairview)), form)

    assert answer.status_code == 200
    assert "No account has this name and password" in text_of(answer)
    assert role_in(fairview, kingsmere.staff) is None


@pytest.mark.parametrize(
    "change",
    [{"password2": "another-good-one"}, {"password1": "abc", "password2": "abc"}, {"first_name": ""}],
)
def test_a_form_with_mistakes_makes_no_account(fairview: Club, change: dict[str, str]) -> None:
    before = User.objects.count()

    answer = Client().post(path_of(invited(fairview)), NEWCOMER | change)

    assert answer.status_code == 200
    assert User.objects.count() == before


def test_a_link_works_once(fairview: Club) -> None:
    path = path_of(invited(fairview))
    Client().post(path, NEWCOMER)

    again = Client().post(path, NEWCOMER | {"first_name": "Second"})

    assert again.status_code == 404
    assert not User.objects.filter(first_name="Second").exists()


def test_an_invitation_that_ends_at_this_moment_leaves_no_account(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = invited(fairview)
    before = User.objects.count()

    def withdrawn_meanwhile(**values: Any) -> User:
        assert withdraw(invitation)
        return new_account(**values)

    monkeypatch.setattr("tenants.admin.account_views.new_account", withdrawn_meanwhile)

    answer = Client().post(path_of(invitation), NEWCOMER)

    assert answer.status_code == 404
    assert "This invitation is over" in answer.content.decode()
    assert User.objects.count() == before


def test_links_that_are_withdrawn_old_replaced_or_forged_open_nothing(
    fairview: Club, kingsmere: Club
) -> None:
    gone, old, first = (invited(fairview, f"{name}@post.example") for name in ("gone", "old", "first"))
    with tenant_scope(fairview.tenant):
        assert withdraw(gone)
        now = timezone.now()
        Invitation.objects.filter(pk=old.pk).update(
            expires_at=now - timedelta(seconds=1), made_at=now - timedelta(days=8)
        )
    invited(fairview, "First@post.example")
    good = path_of(invited(fairview))
    forged = good[:-1] + ("0" if good[-1] != "0" else "1")
    elsewhere = good.replace(str(fairview.tenant.pk), str(kingsmere.tenant.pk))

    paths = [*map(path_of, (gone, old, first)), forged, elsewhere, good]
    answers = [Client().get(path).status_code for path in paths]

    assert answers == [404, 404, 404, 404, 404, 200]


def test_invitations_are_withdrawn_from_the_list(fairview: Club) -> None:
    row = invited(fairview)

    desk(fairview.admin).post(INVITATIONS, {"action": "withdraw_chosen", "_selected_action": [str(row.pk)]})

    assert Client().get(path_of(row)).status_code == 404
    assert "Withdrawn" in text_of(desk(fairview.admin).get(INVITATIONS))


def test_a_clubs_admin_can_neither_make_nor_rename_accounts_nor_choose_passwords(fairview: Club) -> None:
    browser, row = desk(fairview.admin), fairview.staff
    form = {"username": "mine", "email": "taken@post.example", "first_name": "X", "is_active": "on"}

    made = browser.post("/admin/tenants/user/add/", form)
    browser.post(f"/admin/tenants/user/{row.pk}/change/", form)
    password = browser.post(f"/admin/tenants/user/{row.pk}/password/", {"password1": GOOD, "password2": GOOD})

    assert (made.status_code, password.status_code) == (403, 403)
    changed = User.objects.get(pk=row.pk)
    assert (changed.username, changed.email, changed.first_name) == (row.username, row.email, row.first_name)
    assert changed.check_password(factories.PASSWORD)


def test_a_new_password_comes_by_mail(fairview: Club) -> None:
    browser = desk(fairview.staff)
    asked = forgotten({"email": fairview.staff.email.upper()})
    visitor = Client()
    form = visitor.get(link_in(mail.outbox[0]), follow=True)
    done = visitor.post(
        form.request["PATH_INFO"], {"new_password1": GOOD, "new_password2": GOOD}, follow=True
    )

    assert urlsplit(asked.headers["Location"]).path == "/account/password/sent"
    assert "Log in with the new password" in text_of(done)
    assert User.objects.get(pk=fairview.staff.pk).check_password(GOOD)
    assert browser.get(INDEX).status_code == 302  # the old session is out
    assert "was used already" in text_of(Client().get(link_in(mail.outbox[0]), follow=True))
    with tenant_scope(fairview.tenant):
        assert LoggedAction.objects.get().action == "user.password_reset"


def test_who_has_no_account_is_told_the_same_and_gets_no_mail(fairview: Club) -> None:
    known = forgotten({"email": fairview.staff.email})
    unknown = forgotten({"email": "nobody@post.example"})

    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )
    assert len(mail.outbox) == 1


def test_nobody_fills_a_mailbox(fairview: Club) -> None:
    address, form = f"2001:db8::{secrets.token_hex(2)}:1", {"email": fairview.staff.email}
    answers = [forgotten(form, address).status_code for _ in range(15)]

    assert 6 <= answers.count(302) <= 12  # the minute may end meanwhile
    assert set(answers) == {302, 429}
    assert len(mail.outbox) == 1


def test_a_mail_without_a_worker_is_said(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.admin.invitations.send_later", lambda *_: False)

    page = desk(fairview.admin).post(f"{INVITATIONS}add/", {"email": "a@post.example", "role": Role.STAFF})

    assert "No mail could be sent" in text_of(page)


def code_of(device: TOTPDevice, steps: int = 0) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift + steps)
    return f"{totp.token():06d}"


def set_up(user: User) -> tuple[Client, list[str]]:
    """A browser in which the user has turned the second factor on, and the recovery codes."""
    browser = desk(user)
    browser.post(SECOND_FACTOR, {"act": "begin"})
    device = TOTPDevice.objects.get(user=user)
    assert "<svg" in text_of(browser.get(SECOND_FACTOR))
    page = browser.post(SECOND_FACTOR, {"act": "confirm", "code": code_of(device)})
    return browser, re.findall(r"<li>([a-z2-7]{8})</li>", text_of(page))


def test_with_a_second_factor_the_password_alone_opens_nothing(fairview: Club) -> None:
    mine, codes = set_up(fairview.admin)
    thief = desk(fairview.admin)

    assert len(codes) == 10
    assert mine.get(INDEX).status_code == 200
    answer = thief.get("/admin/tenants/tenant/?q=1")
    assert answer.headers["Location"] == "/account/code?next=%2Fadmin%2Ftenants%2Ftenant%2F%3Fq%3D1"
    assert thief.post(SECOND_FACTOR, {"act": "off", "code": "1"}).status_code == 302
    wrong = thief.post("/account/code", {"code": "000000"})
    assert "not right" in text_of(wrong)
    assert thief.get(INDEX).status_code == 302


def test_the_code_of_the_app_opens_and_leads_on(fairview: Club) -> None:
    set_up(fairview.admin)
    device, browser = TOTPDevice.objects.get(user=fairview.admin), desk(fairview.admin)

    answer = browser.post("/account/code", {"code": code_of(device, 1), "next": "/admin/tenants/tenant/"})

    assert answer.headers["Location"] == "/admin/tenants/tenant/"
    assert browser.get(INDEX).status_code == 200


def test_the_way_on_never_leads_out(fairview: Club) -> None:
    _, codes = set_up(fairview.admin)

    answer = desk(fairview.admin).post("/account/code", {"code": codes[0], "next": "https://evil.example/"})

    assert answer.headers["Location"] == INDEX


def test_a_recovery_code_opens_once(fairview: Club) -> None:
    _, codes = set_up(fairview.admin)
    first, second = desk(fairview.admin), desk(fairview.admin)

    assert first.post("/account/code", {"code": codes[0].upper()}).headers["Location"] == INDEX
    assert second.post("/account/code", {"code": codes[0]}).status_code == 200
    assert second.get(INDEX).status_code == 302


def test_turning_it_off_asks_for_a_code(fairview: Club) -> None:
    browser, codes = set_up(fairview.admin)

    refused = browser.post(SECOND_FACTOR, {"act": "off", "code": "abcdefgh"})
    still_on = second_factor.has_device(fairview.admin)
    TOTPDevice.objects.update(throttling_failure_count=0)
    StaticDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    browser.post(SECOND_FACTOR, {"act": "off", "code": codes[1]})

    assert refused.status_code == 422
    assert still_on
    assert not second_factor.has_device(fairview.admin)
    assert desk(fairview.admin).get(INDEX).status_code == 200


@pytest.mark.parametrize(
    ("demanded", "led"), [("ADMINS", {Role.ADMIN}), ("EVERYBODY", set(Role)), ("NOBODY", set())]
)
def test_a_club_may_demand_it(fairview: Club, demanded: str, led: set[Role]) -> None:
    fairview.tenant.settings = {**fairview.tenant.settings, "secondFactorFor": demanded}
    fairview.tenant.save()

    answers = {role: desk(fairview.member(role)).get(INDEX) for role in Role}

    assert {role for role, answer in answers.items() if answer.status_code == 302} == led
    assert {answer.headers["Location"] for answer in answers.values() if answer.status_code == 302} <= {
        SECOND_FACTOR
    }
    assert desk(fairview.admin).get(SECOND_FACTOR).status_code == 200


def test_a_second_factor_is_not_passed_by_joining_another_club(fairview: Club, kingsmere: Club) -> None:
    set_up(kingsmere.staff)
    path = path_of(invited(fairview))

    typed = Client().post(
        path, {"with": "old", "username": kingsmere.staff.email, "password": factories.PASSWORD}
    )
    half = desk(kingsmere.staff).post(path, {"with": "me"})

    assert "second factor" in text_of(typed)
    assert half.status_code == 200
    assert role_in(fairview, kingsmere.staff) is None


def test_an_operator_forgets_a_lost_phone(fairview: Club) -> None:
    set_up(fairview.admin)

    call_command("forget_second_factor", fairview.admin.username)

    assert desk(fairview.admin).get(INDEX).status_code == 200


def test_an_invitation_that_ended_is_not_mailed(fairview: Club) -> None:
    row = invited(fairview)
    with tenant_scope(fairview.tenant):
        withdraw(row)

    assert not staff_mail.mail_invitation(fairview.tenant.pk, row.pk, SITE)
    assert mail.outbox == []
