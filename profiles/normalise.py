"""Normal forms of the values that identify people; applied once, at the door of identity.

Results are cached per process: the same addresses come again and again, and parsing a phone number costs more
than everything else that is done with an event.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from events.plain_text import visible

CACHE_SIZE = 65_536
# Plain ASCII addresses need no library; everything else goes through email-validator.
PLAIN_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+'-]*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}")
LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3
SHORTEST_TOP_LEVEL = 2
# Turkish capital dotted I would turn a domain into another, internationalised one.
DOTTED_CAPITAL_I = str.maketrans({"\u0130": "i"})
# What people type when a form insists.
# By what stands before the @, without full stops, dashes and slashes.
PLACEHOLDER_LOCAL_PARTS = frozenset(
    "none na noemail nomail noaddress noreply donotreply nobody noone noname null nil test unknown undefined anonymous "  # noqa: SIM905
    "notprovided notgiven notavailable notapplicable notknown notset invalid dummy fake deleted mailerdaemon "
    "keineemail keinemail keineadresse ohneemail ohnemail unbekannt geenemail geenmail onbekend sinemail sincorreo "
    "nohay notiene notengo desconocido semmail sememail naotem naotenho desconhecido sansmail sansemail pasdemail "
    "inconnu nessunamail sconosciuto brakmaila brakemaila nieznany yokmail bilinmiyor ingenmail ingenepost okand "
    "ukendt ukjent".split()
)
# Initials and first names as well: they stand for nothing only at a domain that does.
AMBIGUOUS_LOCAL_PARTS = frozenset({"no", "na", "keine", "geen", "xx", "x", "a"})
EMPTY_DOMAINS = frozenset({"no", "na", "none", "nomail", "noemail", "mail", "email", "test", "a", "x", "xx"})
SEPARATORS = str.maketrans(dict.fromkeys("._-/"))
PLACEHOLDER_EMAILS = frozenset(
    "a@a.com x@x.com a@b.com a@b.co aaa@aaa.com abc@abc.com asdf@asdf.com xxx@xxx.com 123@123.com foo@bar.com "  # noqa: SIM905
    "email@email.com mail@mail.com test@test.com me@me.com user@example.com email@example.com name@example.com "
    "example@example.com user@domain.com name@domain.com email@domain.com keine@keine.de yok@yok.com geen@geen.nl "
    "brak@brak.pl nao@nao.com no@no.com".split()
)
# RFC 2606: a domain that never exists.
NO_DOMAIN = ".invalid"
# With a number behind it, as in noemail17@; shorter words are initials and names.
SHORTEST_COUNTED = 6
# How many equal digits at its end make a number stand for nobody; people pay for numbers with fewer.
EQUAL_DIGITS = 7
# Nine digits in the order of the keys; eight are somebody's number.
COUNTED_DIGITS = ("123456789", "987654321", "234567890")
# Digits as a spreadsheet leaves them of +49 152 28817386: so many hold a country's code.
DIGITS_WITH_CODE = 12
# Keyboards of phones write O’Brien, forms O'Brien.
APOSTROPHE_SIGNS = "'’‘ʼ`´′＇"
APOSTROPHES = str.maketrans(dict.fromkeys(APOSTROPHE_SIGNS))
PLAIN_APOSTROPHES = str.maketrans(dict.fromkeys(APOSTROPHE_SIGNS, "'"))
SURROUNDING = ";,. "
IN_BRACKETS = re.compile(r"[^<>@]*<([^<>]+@[^<>]+)>")
# What people write beside a number: (home), a second number, the .0 of a spreadsheet.
BESIDE_NUMBER = re.compile(r"\([^()0-9]*\)|\.0$|[^\W\d_]{3,}\.?:?", re.UNICODE)
# 082·555·1801
DOTS = str.maketrans(dict.fromkeys("·•∙‧", " "))
# A letter in the place of a digit: without it the number would be somebody else's.
LOOKALIKE = re.compile(r"\d[lIiOo](?![^\W\d_])")
BETWEEN_NUMBERS = re.compile(r"[/;,|&]| or | oder | of ")
UUID_SHAPE = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
QUOTATION_MARKS = '"“”„«»‹›<> '


@lru_cache(maxsize=CACHE_SIZE)
def normal_email(value: str) -> str | None:
    """Trimmed, lower-case, domain in ASCII; None when it is no address."""
    candidate = value.strip().translate(DOTTED_CAPITAL_I).lower()
    if not candidate.isascii() or not PLAIN_EMAIL.fullmatch(candidate):
        candidate = _deliverable(candidate)
    if PLAIN_EMAIL.fullmatch(candidate) and ".." not in candidate and len(candidate) <= LONGEST_EMAIL:
        return candidate
    try:
        parsed = validate_email(candidate, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    # No country and no company has a domain of one letter, and no server delivers to a bare host.
    if len(parsed.ascii_domain.rpartition(".")[2]) < SHORTEST_TOP_LEVEL:
        return None
    return f"{parsed.local_part}@{parsed.ascii_domain}".lower()


def _deliverable(address: str) -> str:
    """The address as a mail server knows it: plain apostrophes, no quotation marks around it, no wide letters.

    Word and the keyboards of phones write s.o’haraigh@…, copied lists bring marks that nobody sees.
    """
    plain = unicodedata.normalize("NFKC", visible(address).translate(PLAIN_APOSTROPHES))
    # A whole line of an address book, or a link: Ann Nel <ann@nel.example>; mailto:ann@nel.example
    named = IN_BRACKETS.fullmatch(plain.strip(SURROUNDING))
    bare = (
        (named[1] if named else plain)
        .strip()
        .strip(QUOTATION_MARKS)
        .removeprefix("mailto:")
        .strip(SURROUNDING)
    )
    return bare.strip("'") if bare.startswith("'") else bare


@lru_cache(maxsize=CACHE_SIZE)
def normal_phone(value: str, country: str) -> str | None:
    """E.164, read as a number of `country` (two letters) unless it has a prefix; None when it is no number."""
    return _valid_number(visible(value), country)


@lru_cache(maxsize=CACHE_SIZE)
def first_phone(value: str, country: str) -> str | None:
    """The same, else the first number in a text with several, or with a word beside it, as in 082 123 4567 (home)."""
    whole = normal_phone(value, country)
    if whole is not None or value.isdigit():
        return whole
    # Not before the whole was tried: a slash may as well stand behind the area code.
    parts = BETWEEN_NUMBERS.split(BESIDE_NUMBER.sub(" ", visible(value)))
    return next((found for part in parts if (found := _valid_number(part.strip(), country))), None)


MOBILE_TYPES = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def is_mobile(number: str) -> bool:
    """Whether a number in normal form may be that of a mobile phone."""
    return phonenumbers.number_type(phonenumbers.parse(number)) in MOBILE_TYPES


def _valid_number(value: str, country: str) -> str | None:
    value = value.translate(DOTS)
    if LOOKALIKE.search(value):
        return None
    try:
        parsed = (
            _national_number(value, country)
            or _number_without_plus(value, country)
            or phonenumbers.parse(value, country)
        )
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _national_number(value: str, country: str) -> phonenumbers.PhoneNumber | None:
    """What the library's parser makes of plain digits behind a zero, for a fifth of its time; None: ask the parser.

    Spreadsheets are full of them.
    """
    if not (value.isascii() and value.isdigit()):
        return None
    plan = _dialling_plan(country)
    if plan is None:
        return None
    code, pattern = plan
    return (
        phonenumbers.PhoneNumber(country_code=code, national_number=int(value[1:]))
        if pattern.fullmatch(value)
        else None
    )


def _number_without_plus(value: str, country: str) -> phonenumbers.PhoneNumber | None:
    """Digits that begin with the country's own code and lost their plus in a spreadsheet; None: ask the parser.

    Where numbers may be long (Germany, Austria), the code would be read as a part of the number.
    """
    if not (value.isascii() and value.isdigit()) or len(value) < DIGITS_WITH_CODE or value.startswith("0"):
        return None
    if not value.startswith(str(phonenumbers.country_code_for_region(country) or "?")):
        return None
    parsed = phonenumbers.parse(f"+{value}", None)
    return parsed if phonenumbers.is_valid_number(parsed) else None


@lru_cache(maxsize=512)
def _dialling_plan(country: str) -> tuple[int, re.Pattern[str]] | None:
    """The code of a country whose numbers begin with a zero that is no part of them, and how they look with it."""
    plan = phonenumbers.PhoneMetadata.metadata_for_region(country)
    if plan is None or plan.general_desc is None or plan.country_code is None:
        return None
    if plan.national_prefix != "0" or plan.national_prefix_for_parsing != "0":
        return None
    return plan.country_code, re.compile(f"0(?=[1-9])(?:{plan.general_desc.national_number_pattern})")


def normal_id(value: str) -> str:
    """An id of a service as it was spelled; of a UUID, which some write in capitals, in small letters."""
    return value.lower() if UUID_SHAPE.fullmatch(value) else value


def printed_number(text: str) -> str:
    """A member number as a club prints it, in capitals and without spaces: GC-00123/A."""
    return "".join(unicodedata.normalize("NFKC", visible(text)).upper().split()).lstrip("#")


@lru_cache(maxsize=CACHE_SIZE)
def is_placeholder_email(email: str) -> bool:
    """Whether a normal e-mail address stands for nobody, in any club."""
    local, _, domain = email.partition("@")
    if domain.endswith(NO_DOMAIN):
        return True
    if local in AMBIGUOUS_LOCAL_PARTS:
        return domain.partition(".")[0] in EMPTY_DOMAINS
    word = local.partition("+")[0].translate(SEPARATORS)
    counted = word.rstrip("0123456789")
    return (
        email in PLACEHOLDER_EMAILS
        or word in PLACEHOLDER_LOCAL_PARTS
        or (len(counted) >= SHORTEST_COUNTED and counted in PLACEHOLDER_LOCAL_PARTS)
    )


@lru_cache(maxsize=CACHE_SIZE)
def is_placeholder_phone(phone: str) -> bool:
    """Whether an E.164 number ends in seven equal digits, as in +27000000000, or counts nine up or down."""
    return len(set(phone[-EQUAL_DIGITS:])) == 1 or phone.endswith(COUNTED_DIGITS)


@lru_cache(maxsize=CACHE_SIZE)
def folded(text: str) -> str:
    """Lower-case letters and digits without accents, words apart by one space: for comparing and finding."""
    if text.isascii() and text.replace(" ", "").isalnum():
        return " ".join(text.lower().split())
    text = visible(text)
    # Decomposed before and after: ornamental letters have no lower case of their own, and ß becomes two letters.
    plain = unicodedata.normalize("NFKD", text.translate(APOSTROPHES)).casefold()
    kept = (char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in kept).split())
