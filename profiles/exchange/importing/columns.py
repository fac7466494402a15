"""What a column of a spreadsheet may hold, and which it is likely to be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from events.identity_hints import IdentityKind
from profiles.exchange.importing.plain_cells import plain
from profiles.exchange.importing.statuses import STATUSES
from profiles.normalise import folded, normal_email


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


LABELS: Final[Mapping[Target, str]] = {
    Target.IGNORE: "Leave out",
    Target.CUSTOMER: "Customer id of this platform",
    Target.MEMBER: "Member number",
    Target.PLAYER: "TeeTime player id",
    Target.MCA_ZA: "Old system id (South Africa)",
    Target.MCA_UK: "Old system id (United Kingdom)",
    Target.GOLF_RSA: "GolfRSA number",
    Target.CDH: "CDH number",
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
}
DAYS: Final = frozenset({Target.BIRTH, Target.MEMBER_SINCE, Target.EXPIRY})
KEYS: Final = (Target.MEMBER, Target.PLAYER, Target.MCA_ZA, Target.MCA_UK, Target.GOLF_RSA, Target.CDH)
# A second column of these adds what the first left empty.
MANY: Final = frozenset({Target.EMAIL, Target.PHONE, Target.TAGS})

# Headers as clubs write them, folded; English, Afrikaans, and the languages of European club software.
SYNONYMS: Final[Mapping[Target, str]] = {
    Target.MEMBER: (
        "member number|member no|member nr|member id|memberid|memberno|membership number|membership no|membership id|"
        "mem no|scl id|scl member id|sclmemberid|member|lidnommer|lid nr|mitgliedsnummer|mitglieds nr|lidnummer|"
        "numero de membre|numero de socio"
    ),
    Target.PLAYER: "teetime player id|teetimeplayerid|player id|playerid|tee time id",
    Target.GOLF_RSA: "golfrsa|golf rsa|golfrsa number|golf rsa number|golfrsa id|golfrsa no|saga number|saga no|hna id",
    Target.CDH: "cdh|cdh id|cdh number|cdh no|cdhid|england golf number|whs number|golf ireland number",
    Target.FIRST_NAME: (
        "first name|firstname|first names|first|forename|forenames|given name|given names|christian name|known as|"
        "preferred name|voornaam|voorname|noemnaam|vorname|prenom|nombre|primeiro nome|name first|first name s"
    ),
    Target.LAST_NAME: (
        "last name|lastname|last|surname|family name|second name|sur name|van|nachname|familienname|achternaam|nom|"
        "apellido|apellidos|sobrenome|apelido|name last|name surname"
    ),
    Target.FULL_NAME: (
        "name|full name|fullname|member name|player name|player|customer|customer name|contact name|name and surname|"
        "naam|naam en van|volle naam"
    ),
    Target.EMAIL: (
        "e mail|email|mail|e mail address|email address|emailaddress|email 1|e mail 1|e mail 1 value|"
        "e mail 2 value|email 2|"
        "e mail 2|e mail 2 address|e mail 3 value|secondary email|primary email|contact email|"
        "contact e mail|email home|e mail home|epos|e pos|epos adres|e mail adresse|courriel|correo|"
        "correo electronico"
    ),
    Target.PHONE: (
        "phone|phone number|phonenumber|phone no|telephone|telephone number|tel|tel no|mobile|"
        "mobile number|mobile no|"
        "mobile phone|cell|cell no|cell number|cellphone|cell phone|cellular|contact number|contact no|contact phone|"
        "contact mobile|contact cell|phone mobile|phone 1|phone 2|phone 1 value|phone 2 value|"
        "phone 3 value|home phone|home tel|"
        "business phone|work phone|primary phone|other phone|mobile phone 2|selfoon|sel|selnommer|"
        "telefoon|telefon|handy|mobil|"
        "telefonnummer|movil|telefono|telemovel|portable|whatsapp"
    ),
    Target.BIRTH: (
        "date of birth|dateofbirth|birth date|birthdate|birthday|dob|d o b|born|geboortedatum|geb datum|geburtsdatum|"
        "geburtstag|date de naissance|fecha de nacimiento|data de nascimento"
    ),
    Target.GENDER: "gender|sex|m f|geslag|geslacht|geschlecht|sexe|sexo",
    Target.POSTCODE: (
        "postcode|post code|postal code|zip|zip code|zipcode|poskode|plz|postleitzahl|code postal|codigo postal|cap"
    ),
    Target.COUNTRY: "country|nationality|land|pays|pais",
    Target.LANGUAGE: "language|lang|taal|sprache|langue|idioma",
    Target.HANDICAP: (
        "handicap|hcp|hdcp|hcap|handicap index|whs index|h i|hi|index|playing handicap|exact handicap|voorgee|vorgabe"
    ),
    Target.HOME_CLUB: "home club|homeclub|club|club name|home club name|tuisklub|heimatclub|thuisclub",
    Target.TIER: (
        "tier|membership tier|membership type|membership category|membership class|membershiptype|"
        "membership|category|"
        "member type|member category|class|type|subscription|lidmaatskap|kategorie|mitgliedschaft|categorie|categoria"
    ),
    Target.STATUS: "status|membership status|member status|membershipstatus|state|lidstatus",
    Target.MEMBER_SINCE: (
        "member since|membersince|joined|date joined|join date|joining date|joined on|"
        "date of joining|membership start|"
        "start date|since|lid sedert|aansluitingsdatum|eintritt|eintrittsdatum|mitglied seit|lid sinds"
    ),
    Target.EXPIRY: (
        "expiry|expiry date|expires|membership expiry|membershipexpiry|expiration date|renewal|renewal date|"
        "valid until|valid to|paid until|end date|vervaldatum|ablaufdatum|gultig bis|einddatum"
    ),
    Target.TAGS: "tags|tag|labels|label|groups|group|keywords|interests",
}
BY_WORDS: Final[Mapping[str, Target]] = {
    word: target for target, words in SYNONYMS.items() for word in words.split("|")
}
# Whoever answers for consent is the Messaging service: such columns are never taken.
CONSENT_WORDS: Final = (
    "opt in",
    "optin",
    "opt out",
    "consent",
    "newsletter",
    "marketing",
    "subscribed",
    "popia",
    "gdpr",
)
# Headers that mean something else as often: of two columns the other one counts.
VAGUE: Final = frozenset(
    "second name|van|last|first|state|index|h i|hi|name|member|player|club|club name|category|class|type|"  # noqa: SIM905
    "group|groups|since|born|mail|land|nationality|cap|portable|known as|preferred name|noemnaam|customer|"
    "label|labels|interests|keywords|start date|end date|subscription|membership|nom|name first|name last|"
    "renewal|expires".split("|")
)
# What every file of our own export holds, and what of it can come back.
OWN_COLUMNS: Final = frozenset({"id", "tenantId", "lifecycleStage", "membershipStatus", "emailOptIn"})
OWN_TARGETS: Final = frozenset(
    target.value for target in Target if target not in (Target.IGNORE, Target.FULL_NAME, Target.CREATED_AT)
)
MOST_LOOKED_AT: Final = 200
HALF: Final = 0.5
CERTAIN_SHARE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column seems to be, and why: `remembered`, `header`, `content` or, for left out, empty."""

    target: Target
    why: str = ""
    note: str = ""


def is_known_header(text: str, remembered: Mapping[str, str]) -> bool:
    """Whether the text is the header of a known kind of column."""
    words = folded(text)
    return words in BY_WORDS or words in remembered


def is_consent(header: str) -> bool:
    """Whether a column seems to hold who may be written to."""
    words = folded(header)
    return any(sign in words for sign in CONSENT_WORDS)


def guess_columns(
    header: Sequence[str], rows: Sequence[Sequence[str]], remembered: Mapping[str, str]
) -> list[Guess]:
    """A guess for each column; no target twice but those of MANY. `remembered`: folded header → target.

    Of two columns for one target the more telling header counts, and whose cells look like it; where both do, it is a
    question: neither is taken until somebody says which.
    """
    if is_own_export(header):
        return [_of_own_export(name) for name in header]
    columns = [
        [text for row in rows[:MOST_LOOKED_AT] if place < len(row) and (text := plain(row[place]))]
        for place in range(len(header))
    ]
    guesses = [_guess(name, cells, remembered) for name, cells in zip(header, columns, strict=True)]
    return _without_halves(_without_rivals(header, guesses, columns))


def is_own_export(header: Sequence[str]) -> bool:
    """Whether a file was written by this platform's export: its columns are known exactly."""
    return set(header) >= OWN_COLUMNS


def _of_own_export(name: str) -> Guess:
    if name in OWN_TARGETS:
        return Guess(Target(name), "header")
    return Guess(Target.IGNORE, note="The platform keeps this itself.")


def _guess(name: str, cells: Sequence[str], remembered: Mapping[str, str]) -> Guess:
    words = folded(name)
    if words in remembered and remembered[words] in set(Target):
        return Guess(Target(remembered[words]), "remembered")
    if is_consent(name):
        return Guess(Target.IGNORE, note="Consent is kept by the Messaging service and never imported.")
    target = BY_WORDS.get(words)
    if target is not None and cells:
        reason = misfit(target, words, cells)
        if reason:
            return Guess(Target.IGNORE, note=reason)
    if target is not None:
        return Guess(target, "header")
    if cells and _share(cells, lambda cell: "@" in cell and normal_email(cell) is not None) >= CERTAIN_SHARE:
        return Guess(Target.EMAIL, "content")
    return Guess(Target.IGNORE)


def _without_rivals(
    header: Sequence[str], guesses: list[Guess], columns: Sequence[Sequence[str]]
) -> list[Guess]:
    """One column for each target that knows one: what was remembered, then the more telling header, else a question."""
    rivals: dict[Target, list[int]] = {}
    for place, guess in enumerate(guesses):
        if guess.target and guess.target not in MANY:
            rivals.setdefault(guess.target, []).append(place)
    for target, places in rivals.items():
        if len(places) == 1:
            continue
        strength = {place: _strength(header[place], guesses[place]) for place in places}
        best = [place for place in places if strength[place] == max(strength.values())]
        if len(best) > 1:
            best = _alike(best, columns)
        names = ", ".join(f"“{header[place]}”" for place in places)
        for place in places:
            if len(best) > 1:
                note = f"{names} could all be {LABELS[target]}: choose one of them."
                guesses[place] = Guess(Target.IGNORE, "question", note)
            elif place != best[0]:
                note = f"{LABELS[target]} is taken from “{header[best[0]]}”."
                guesses[place] = Guess(Target.IGNORE, note=note)
    return guesses


def _strength(name: str, guess: Guess) -> int:
    """2: staff said so once; 1: a header that means nothing else; 0: one that may."""
    return 2 if guess.why == "remembered" else int(folded(name) not in VAGUE)


def _alike(places: list[int], columns: Sequence[Sequence[str]]) -> list[int]:
    """Of columns that say the same the fuller one; all of them where they differ."""
    filled = sorted(places, key=lambda place: (-len(columns[place]), place))
    said = set(columns[filled[0]])
    return filled[:1] if all(set(columns[place]) <= said for place in filled[1:]) else places


def misfit(target: Target, words: str, cells: Sequence[str]) -> str:
    """Why the cells under a header cannot be what it seems to say; empty where they can."""
    if target is Target.MEMBER and _share(cells, _is_number) < CERTAIN_SHARE:
        return "A member number is a whole number; these are not."
    if target is Target.HANDICAP and _counts_up(cells):
        return "These numbers only count the rows."
    if (
        target is Target.STATUS
        and words in VAGUE
        and _share(cells, lambda cell: folded(cell) in STATUSES) < HALF
    ):
        return "These are no statuses of a membership."
    return ""


def _counts_up(cells: Sequence[str]) -> bool:
    """0, 1, 2 … as programs number rows."""
    numbers = [int(cell) for cell in cells if _is_number(cell)]
    return (
        len(numbers) == len(cells) > 1
        and numbers[0] in (0, 1)
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    )


def _without_halves(guesses: list[Guess]) -> list[Guess]:
    """With both names known, or a last name beside "name", the full name would only repeat or be the first name."""
    targets = {guess.target for guess in guesses}
    if Target.FULL_NAME not in targets or Target.LAST_NAME not in targets:
        return guesses
    instead = Target.IGNORE if Target.FIRST_NAME in targets else Target.FIRST_NAME
    return [
        Guess(instead, guess.why) if guess.target is Target.FULL_NAME and guess.why != "remembered" else guess
        for guess in guesses
    ]


def _share(cells: Sequence[str], is_so: Callable[[str], bool]) -> float:
    return sum(1 for cell in cells if is_so(cell)) / len(cells)


def _is_number(cell: str) -> bool:
    return cell.isascii() and cell.isdigit()
