"""Normal forms of the values that identify people; applied once, at the door of identity.

Results are cached per process: the same addresses come again and again, and parsing a phone number costs more
than everything else that is done with an event.
"""

import html
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from events.empty_ids import stands_for_nothing
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
    "ukendt ukjent nincs niema neant aucun aucune ninguno ninguna nessuno nenhum nenhuma saknas puuttuu eiole "
    "keineangabe nichtvorhanden nichtangegeben nichtbekannt notsupplied unavailable refused declined "
    "nonrenseigne noncommunique empty removed erased anonymised anonymized redacted".split()
)
# "No address" as one word, in our languages: noemailaddress@, heeftgeenmail@, nemaemail@.
NO_ADDRESS = re.compile(
    r"(?:heeft|hat)?(?:no|non|not|without|keine?|ohne|geen|zonder|sin|sans|pas|aucune?|sem|nao|senza|nessuna?|ingen|ikke|"
    r"uden|utan|inget|brak|niema|nema|bez|nincs|yok|ei|without)(?:de?|un|any|hay|tiene|tengo|tem|tenho|ha|har)?"
    r"(?:e?mail|epost|correo|courriel|posta|mejl|adresse?|address)(?:e?mail|adresse?|address|provided|given|supplied|"
    r"known|yet|available)*|e?mail(?:address)?(?:not|un)(?:provided|given|known|available|supplied)"
)
# Initials and first names as well: they stand for nothing only at a domain that does.
AMBIGUOUS_LOCAL_PARTS = frozenset(
    "no na keine kein ohne geen sin sem sans pas senza ingen ikke inget brak nincs nema niema yok bez nvt tba tbc tbd "  # noqa: SIM905
    "xx x a".split()
)
EMPTY_DOMAINS = frozenset(
    "no na none nomail noemail mail email correo courriel epost posta address adresse angabe oplyst test a x xx".split()  # noqa: SIM905
)
# What fingers type when a form insists, on both sides of the @: abc@123.com, asdf@qwerty.com.
TYPED_AT_RANDOM = frozenset(
    "abc xyz abcd asd asdf asdfg qwe qwer qwerty 123 1234 12345 123456 111 000".split()  # noqa: SIM905
)
SEPARATORS = str.maketrans(dict.fromkeys("._-/"))
PLACEHOLDER_EMAILS = frozenset(
    "a@a.com x@x.com a@b.com a@b.co aaa@aaa.com abc@abc.com asdf@asdf.com xxx@xxx.com 123@123.com foo@bar.com "  # noqa: SIM905
    "email@email.com mail@mail.com test@test.com me@me.com user@example.com email@example.com name@example.com "
    "example@example.com user@domain.com name@domain.com email@domain.com keine@keine.de yok@yok.com geen@geen.nl "
    "brak@brak.pl nao@nao.com no@no.com".split()
)
WORDS_ON_BOTH_SIDES = frozenset({"nope", "nada", "nothing", "nichts", "niks", "rien", "nic"})
# RFC 2606: a domain that never exists.
NO_DOMAIN = ".invalid"
# With a number behind it, as in noemail17@; shorter words are initials and names.
SHORTEST_COUNTED = 6
# How many equal digits at its end make a number stand for nobody; people pay for numbers with fewer.
EQUAL_DIGITS = 7
# Nine digits in the order of the keys; eight are somebody's number.
COUNTED_DIGITS = ("123456789", "987654321", "234567890")
# So many digits behind the country's code hold that code once more: +49 49 152 28817386.
DIGITS_WITH_CODE = 12
# Keyboards of phones write O’Brien, forms O'Brien.
APOSTROPHE_SIGNS = "'’‘‛ʼʹ`´′＇"
APOSTROPHES = str.maketrans(dict.fromkeys(APOSTROPHE_SIGNS))
PLAIN_APOSTROPHES = str.maketrans(dict.fromkeys(APOSTROPHE_SIGNS, "'"))
SURROUNDING = ";:,.。/ "
IN_ANGLES = re.compile(r"[^<>@]*<([^<>]+@[^<>]+)>")
# What people write beside a number: (home), a second number, the .0 of a spreadsheet.
BESIDE_NUMBER = re.compile(r"\([^()0-9]*\)|\.0$|[^\W\d_]{3,}\.?:?", re.UNICODE)
# 082·555·1801
DOTS = str.maketrans(dict.fromkeys("·•∙‧", " "))
# A letter in the place of a digit: without it the number would be somebody else's.
LOOKALIKE = re.compile(r"\d[lIiOo](?![^\W\d_])")
# What parts two numbers; a slash without spaces may as well stand behind an area code, and is tried last.
BETWEEN_NUMBERS = re.compile(
    r"[;,|&\\]|\s[+/]\s|:::|\s(?:or|oder|of|ou|and|und|en|et|y|e|o|og|och)\s", re.IGNORECASE
)
# What parts values of any kind, in one cell of a list that was joined from two.
BETWEEN_VALUES = re.compile(r"[;|\n]|:::")
# Where numbers are written as words, 1-800-GOLF-NOW, and have one length.
NORTH_AMERICA = 1
# Where a number may end and another begin, with nothing but these between them.
GAP = re.compile(r"[\s\-–.]+")
# Either of two numbers has at least so many digits.
DIGITS_OF_ONE = 7
UUID_SHAPE = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
QUOTATION_MARKS = '"“”„‟«»‹›<>「」『』 '
# As Word breaks, joins and lengthens it; no address has any but the plain one.
HYPHENS = "‐‑‒–—―−﹣－"
PLAIN_HYPHENS = str.maketrans(dict.fromkeys(HYPHENS, "-"))
LINK = re.compile(r"mailto:([^?]*)(?:\?.*)?")
# What stands around an address in a text.
BRACKETS = "()[]{}"


def said_once(text: str) -> str:
    """What a text says twice in the same way, once: 0825551801; 0825551801. Any other text as it is."""
    parts = {part.strip().casefold(): part.strip() for part in BETWEEN_VALUES.split(text) if part.strip()}
    return next(iter(parts.values())) if len(parts) == 1 else text


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
    """The address as a mail server knows it: plain apostrophes and hyphens, no marks around it, no wide letters.

    Word and the keyboards of phones write s.o’haraigh@…, web pages o&#39;brien@…, copied lists bring marks that nobody
    sees.
    """
    text = said_once(visible(html.unescape(address) if "&" in address else address))
    plain = unicodedata.normalize("NFKC", text.translate(PLAIN_APOSTROPHES).translate(PLAIN_HYPHENS))
    # A whole line of an address book, or a link: Ann Nel <ann@nel.example>; mailto:ann@nel.example?subject=Hi
    named = IN_ANGLES.fullmatch(plain.strip(SURROUNDING))
    bare = (named[1] if named else plain).strip().strip(QUOTATION_MARKS)
    if link := LINK.fullmatch(bare):
        bare = unquote(link[1])
    bare = bare.strip(SURROUNDING + BRACKETS).replace("\\'", "'")
    # ‚ann@nel.example‘: a low mark opens, its fellow closes.
    bare = bare.lstrip("‚").strip(SURROUNDING)
    return bare.strip("'") if bare.startswith("'") or address.lstrip().startswith("‚") else bare


@lru_cache(maxsize=CACHE_SIZE)
def normal_phone(value: str, country: str) -> str | None:
    """E.164, read as a number of `country` (two letters) unless it has a prefix; None when it is no number."""
    return _valid_number(said_once(visible(value)), country)


@lru_cache(maxsize=CACHE_SIZE)
def first_phone(value: str, country: str) -> str | None:
    """The same, else the first number in a text with several, or with a word beside it, as in 082 123 4567 (home)."""
    whole = normal_phone(value, country)
    if whole is not None or value.isdigit():
        return whole
    # Words are taken away before signs part it, and a slash last: 0475/12 34 56 (evenings) is one number.
    parts = BETWEEN_NUMBERS.split(BESIDE_NUMBER.sub(_parted, visible(value)))
    for part in (one.strip() for one in parts):
        number = _valid_number(part, country) or _first_of_two(part, country)
        number = number or next(
            filter(None, (_valid_number(half, country) for half in part.split("/"))), None
        )
        if number is not None:
            return number
    return None


def _parted(words: re.Match[str]) -> str:
    """A sign between two numbers in the place of the words there: Home 011 555 1234 Cell 082 555 1801."""
    return " ; " if words[0][:1].isalpha() else " "


def _first_of_two(text: str, country: str) -> str | None:
    """The first of two numbers with nothing but a gap between them: 0825551801 0832223333; None: they are not two."""
    for gap in GAP.finditer(text):
        halves = text[: gap.start()], text[gap.end() :]
        if min(sum(map(str.isdigit, half)) for half in halves) < DIGITS_OF_ONE:
            continue
        first, second = (_valid_number(half, country) for half in halves)
        if first is not None and second is not None:
            return first
    return None


MOBILE_TYPES = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def is_mobile(number: str) -> bool:
    """Whether a number in normal form may be that of a mobile phone."""
    return phonenumbers.number_type(phonenumbers.parse(number)) in MOBILE_TYPES


def _valid_number(value: str, country: str) -> str | None:
    value = value.translate(DOTS)
    if LOOKALIKE.search(value):
        return None
    try:
        parsed = _national_number(value, country) or phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    if parsed.country_code != NORTH_AMERICA and len(str(parsed.national_number)) > sum(
        map(str.isdigit, value)
    ):
        # Letters were read as the digits of their keys: 0664/1234567 privat.
        return None
    parsed = _without_second_code(parsed)
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


def _without_second_code(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """The number without the country's code at its head, where that is one digit group too many.

    A spreadsheet leaves 49 152 28817386 of +49 152 28817386. Where numbers may be long (Germany, Austria), the code
    would be read as a part of the number.
    """
    digits = str(number.national_number)
    if len(digits) < DIGITS_WITH_CODE or not digits.startswith(str(number.country_code)):
        return number
    shorter = phonenumbers.parse(f"+{digits}", None)
    return shorter if phonenumbers.is_valid_number(shorter) else number


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
    name = domain.partition(".")[0]
    if local in AMBIGUOUS_LOCAL_PARTS:
        return name in EMPTY_DOMAINS or name == local
    if _is_typed_at_random(local, name):
        return True
    word = local.partition("+")[0].translate(SEPARATORS)
    counted = word.rstrip("0123456789")
    return (
        email in PLACEHOLDER_EMAILS
        or word in PLACEHOLDER_LOCAL_PARTS
        or NO_ADDRESS.fullmatch(word) is not None
        or (len(counted) >= SHORTEST_COUNTED and counted in PLACEHOLDER_LOCAL_PARTS)
    )


def _is_typed_at_random(local: str, name: str) -> bool:
    """Whether both sides of the @ say nothing: nope@nope.com, guest@guest.com, aaa@aa.com, 1@1.com, abc@123.com."""
    if local in TYPED_AT_RANDOM and name in TYPED_AT_RANDOM:
        return True
    if len(set(local + name)) == 1 and (len(local) > 1 or local.isdigit()):
        return True
    return local == name and (local in WORDS_ON_BOTH_SIDES or stands_for_nothing(local))


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
