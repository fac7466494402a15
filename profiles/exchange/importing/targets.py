"""What a column of a spreadsheet may hold."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from events.identity_hints import IdentityKind


class Target(StrEnum):
    """Where a column goes; values are the API's field names, and the kinds of keys."""

    IGNORE = ""
    CUSTOMER = "id"
    MEMBER = IdentityKind.SCL_MEMBER.value
    PLAYER = IdentityKind.TEETIME_PLAYER.value
    MCA_ZA = IdentityKind.MCA_V1_ZA.value
    MCA_UK = IdentityKind.MCA_V1_UK.value
    GOLF_RSA = IdentityKind.GOLF_RSA.value
    CDH = IdentityKind.CDH.value
    MEMBER_NUMBER = IdentityKind.MEMBER_NUMBER.value
    FIRST_NAME = "firstName"
    LAST_NAME = "lastName"
    FULL_NAME = "fullName"
    EMAIL = "email"
    PHONE = "phoneNumber"
    BIRTH = "dateOfBirth"
    GENDER = "gender"
    POSTCODE = "postcode"
    COUNTRY = "country"
    LANGUAGE = "language"
    HANDICAP = "handicap"
    HOME_CLUB = "homeClubName"
    TIER = "membershipTier"
    STATUS = "membershipStatus"
    MEMBER_SINCE = "memberSince"
    EXPIRY = "membershipExpiry"
    TAGS = "tags"
    CREATED_AT = "createdAt"
    # van der, in a column of its own as Dutch programs write it.
    PREFIX = "lastNamePrefix"


LABELS: Final[Mapping[Target, str]] = {
    Target.IGNORE: "Leave out",
    Target.CUSTOMER: "Customer id of this platform",
    Target.MEMBER: "Member number",
    Target.PLAYER: "TeeTime player id",
    Target.MCA_ZA: "Old system id (South Africa)",
    Target.MCA_UK: "Old system id (United Kingdom)",
    Target.GOLF_RSA: "GolfRSA number",
    Target.CDH: "CDH number",
    Target.MEMBER_NUMBER: "Member number with letters",
    Target.FIRST_NAME: "First name",
    Target.LAST_NAME: "Last name",
    Target.FULL_NAME: "Full name",
    Target.EMAIL: "E-mail",
    Target.PHONE: "Phone",
    Target.BIRTH: "Date of birth",
    Target.GENDER: "Gender",
    Target.POSTCODE: "Postcode",
    Target.COUNTRY: "Country",
    Target.LANGUAGE: "Language",
    Target.HANDICAP: "Handicap",
    Target.HOME_CLUB: "Home club",
    Target.TIER: "Membership tier",
    Target.STATUS: "Membership status",
    Target.MEMBER_SINCE: "Member since",
    Target.EXPIRY: "Membership expiry",
    Target.TAGS: "Tags",
    Target.CREATED_AT: "Customer since",
    Target.PREFIX: "Prefix of the last name",
}
DAYS: Final = frozenset({Target.BIRTH, Target.MEMBER_SINCE, Target.EXPIRY})
KEYS: Final = (
    Target.MEMBER,
    Target.PLAYER,
    Target.MCA_ZA,
    Target.MCA_UK,
    Target.GOLF_RSA,
    Target.CDH,
    Target.MEMBER_NUMBER,
)
# A second column of these adds what the first left empty.
MANY: Final = frozenset({Target.EMAIL, Target.PHONE, Target.TAGS})
