"""The door of people: good passwords only, few tries, and sessions that end."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from crm_platform.page_middleware import LAST_USED
from tests import factories
from tests.back_office import INDEX, desk
from tests.cast import Club

LOGIN = "/admin/login/"
GOOD = "seven-wet-greens"


@pytest.fixture
def rita(fairview: Club) -> str:
    """The user name of somebody with a known password."""
    fairview.staff.set_password(GOOD)
    fairview.staff.save()
    return fairview.staff.username


def sign_in(name: str, password: str, address: str = "192.0.2.1", client: Client | None = None) -> Any:
    return (client or Client()).post(
        LOGIN, {"username": name, "password": password, "next": INDEX}, REMOTE_ADDR=address
    )


@pytest.mark.parametrize("bad", ["a", "abc", "short-one", "password123", "1029384756"])
def test_weak_passwords_are_not_taken(bad: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(bad)


def test_a_password_like_ones_own_name_is_not_taken() -> None:
    with pytest.raises(ValidationError):
        validate_password("rita.reception", factories.unsaved_user("rita.reception"))


def test_the_right_password_opens(rita: str) -> None:
    assert sign_in(rita, GOOD).status_code == 302


def test_after_five_wrong_passwords_the_right_one_does_not_open(rita: str) -> None:
    answers = [sign_in(rita, "wrong").status_code for _ in range(5)]
    answer = sign_in(rita, GOOD)

    assert answers == [200, 200, 200, 200, 429]
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "15 minutes" in answer.content.decode()


def test_wrong_passwords_from_elsewhere_do_not_lock_a_colleague_out(rita: str) -> None:
    for _ in range(6):
        sign_in(rita, "wrong", "198.51.100.7")

    assert sign_in(rita, GOOD).status_code == 302


def test_an_account_is_locked_when_many_addresses_guess(rita: str) -> None:
    for number in range(50):
        sign_in(rita, "wrong", f"198.51.100.{number}")

    assert sign_in(rita, GOOD).status_code == 429


def test_an_address_is_locked_when_it_guesses_at_many_accounts(rita: str) -> None:
    for number in range(50):
        sign_in(f"nobody-{number}", "wrong")

    assert sign_in(rita, GOOD).status_code == 429
    assert sign_in(rita, GOOD, "192.0.2.2").status_code == 302


def test_logging_in_between_does_not_forgive_guesses_at_others(rita: str, fairview: Club) -> None:
    for number in range(50):
        sign_in(f"nobody-{number % 20}", "wrong")
        if number % 10 == 0:
            sign_in(rita, GOOD)

    assert sign_in(rita, GOOD).status_code == 429


def test_nobody_learns_whether_an_account_exists(rita: str) -> None:
    known = [sign_in(rita, "wrong", "192.0.2.3") for _ in range(6)]
    unknown = [sign_in("nobody", "wrong", "192.0.2.4") for _ in range(6)]

    assert [a.status_code for a in known] == [a.status_code for a in unknown]


def test_a_header_of_the_caller_is_no_other_address(rita: str) -> None:
    client = Client()
    for number in range(5):
        client.post(
            LOGIN, {"username": rita, "password": "wrong"}, headers={"X-Forwarded-For": f"203.0.113.{number}"}
        )

    assert client.post(LOGIN, {"username": rita, "password": GOOD}).status_code == 429


def test_using_a_session_moves_its_end_and_a_page_that_refreshes_itself_does_not(fairview: Club) -> None:
    client = desk(fairview.staff)
    session = client.session
    session[LAST_USED] = 1
    session.save()

    client.get(INDEX, headers={"HX-Request": "true"})
    assert client.session[LAST_USED] == 1
    answer = client.get(INDEX)

    assert client.session[LAST_USED] > 1
    assert answer.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE == 8 * 60 * 60
