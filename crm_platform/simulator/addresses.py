"""E-mail addresses and phone numbers, and the ways in which they are written.

Addresses lie in domains that are reserved and can never reach anybody. British numbers come from the ranges that
the regulator keeps for drama; South Africa has no such range, so those are made up.
"""

from typing import Final

from crm_platform.simulator.rng import Rng
from crm_platform.simulator.spelling import plain

MAIL_DOMAINS: Final = (
    ("example.com", 30.0),
    ("example.net", 16.0),
    ("example.org", 8.0),
    ("post.example", 14.0),
    ("inbox.example", 12.0),
    ("fastmail.example", 8.0),
    ("telecom.example", 7.0),
)
WORK_DOMAINS: Final = (
    "harbour-bank.example",
    "northgate-law.example",
    "bluecrane-mining.example",
    "summit-dental.example",
    "oakline-build.example",
    "city-hospital.example",
    "redfern-wines.example",
    "kestrel-it.example",
)
PREFIXES_ZA: Final = (
    "082",
    "083",
    "084",
    "072",
    "073",
    "074",
    "076",
    "078",
    "079",
    "071",
    "060",
    "061",
    "063",
    "081",
)
# Area code and the digits in front of the last three, from the numbers reserved for drama.
DRAMA_UK: Final = tuple(
    ("0" + area, local)
    for area, local in (
        ("20", "7946 0"),
        ("131", "496 0"),
        ("141", "496 0"),
        ("161", "496 0"),
        ("121", "496 0"),
        ("113", "496 0"),
        ("114", "496 0"),
        ("117", "496 0"),
        ("151", "496 0"),
        ("191", "498 0"),
    )
)
DRAMA_MOBILE_UK: Final = ("07700", "900 ")
MOBILE_SHARE_UK: Final = 0.15
COUNTRY_CODES: Final = {"ZA": "27", "GB": "44"}
PLACEHOLDER_EMAILS: Final = ("none@none.example", "noemail@none.example", "unknown@example.com")
PLACEHOLDER_PHONES: Final = ("0000000000", "0999999999")


class AddressBook:
    """Hands out addresses of one country; none twice."""

    def __init__(self, country: str, rng: Rng) -> None:
        self.country = country
        self._rng = rng
        self._taken: dict[str, bool] = {}

    def email(self, given: str, family: str, *, year: int = 0) -> str:
        """A private address made of the name; `year` (four digits) serves as a suffix where names repeat."""
        first, last = _local(given), _local(family)
        patterns = (
            (f"{first}.{last}", 40.0),
            (f"{first}{last}", 14.0),
            (f"{first[0]}{last}", 14.0),
            (f"{first[0]}.{last}", 8.0),
            (f"{first}.{last}{year % 100:02d}", 12.0),
            (f"{last}.{first}", 5.0),
            (f"{first}_{last[:6]}", 4.0),
        )
        return self._unused(self._rng.weighted(patterns), self._rng.weighted(MAIL_DOMAINS))

    def family_email(self, one: str, other: str, family: str) -> str:
        """A mailbox that two people share."""
        first, second, last = _local(one), _local(other), _local(family)
        local = self._rng.pick(
            (
                f"{first}and{second}",
                f"the{last}s",
                f"{last}.family",
                f"{first}.{second}.{last}",
                f"{last}home",
            )
        )
        return self._unused(local, self._rng.weighted(MAIL_DOMAINS))

    def work_email(self, given: str, family: str) -> str:
        """An address at an employer."""
        return self._unused(f"{_local(given)}.{_local(family)}", self._rng.pick(WORK_DOMAINS))

    def office_email(self, company: str) -> str:
        """A mailbox that a whole office reads."""
        return self._unused(self._rng.pick(("events", "reception", "pa", "bookings")), f"{company}.example")

    def phone(self) -> str:
        """A number with its spaces, in national form."""
        while True:
            number = self._south_african() if self.country == "ZA" else self._british()
            if number not in self._taken:
                self._taken[number] = True
                return number

    def _unused(self, local: str, domain: str) -> str:
        candidate, count = f"{local}@{domain}", 1
        while candidate in self._taken:
            count += 1
            candidate = f"{local}{count}@{domain}"
        self._taken[candidate] = True
        return candidate

    def _south_african(self) -> str:
        # Never a run of equal digits: such numbers count as placeholders.
        middle, end = self._rng.between(201, 988), self._rng.between(1023, 9876)
        return f"{self._rng.pick(PREFIXES_ZA)} {middle} {end}"

    def _british(self) -> str:
        area, local = self._rng.pick(DRAMA_UK)
        if self._rng.chance(MOBILE_SHARE_UK):
            area, local = DRAMA_MOBILE_UK
        return f"{area} {local}{self._rng.between(0, 999):03d}"


def _local(name: str) -> str:
    letters = "".join(char for char in plain(name).lower() if char.isascii() and char.isalpha())
    return letters or "golfer"


def spelled_phone(phone: str, country: str, rng: Rng) -> str:
    """A number from the address book in one of the ways in which forms get it."""
    digits = phone.replace(" ", "")
    code = COUNTRY_CODES[country]
    spaced = phone.removeprefix("0")
    return rng.weighted(
        (
            (phone, 40.0),
            (digits, 30.0),
            (f"+{code} {spaced}", 14.0),
            (f"+{code}{digits[1:]}", 10.0),
            (phone.replace(" ", "-"), 4.0),
            (f"00{code} {spaced}", 2.0),
        )
    )


def spelled_email(email: str, rng: Rng) -> str:
    """An address as typed: mostly as it is, at times with capitals or a blank behind."""
    local, _, domain = email.partition("@")
    titled = ".".join(part.capitalize() for part in local.split("."))
    return rng.weighted(
        (
            (email, 90.0),
            (f"{titled}@{domain}", 5.0),
            (email.upper(), 2.0),
            (f"{email} ", 2.0),
            (f"{titled}@{domain.capitalize()}", 1.0),
        )
    )
