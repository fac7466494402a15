"""How the back office writes times, money, names and JSON. Pure."""

from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import orjson
import phonenumbers
from babel.numbers import format_currency, format_decimal, get_currency_precision, get_decimal_symbol
from django.utils import timezone

from tenants.days import full_day
from tenants.models import Tenant

JUST_NOW = timedelta(seconds=45)
STEPS = (
    (timedelta(hours=1), timedelta(minutes=1), "minute"),
    (timedelta(days=1), timedelta(hours=1), "hour"),
    (timedelta(days=31), timedelta(days=1), "day"),
    (timedelta(days=365), timedelta(days=30), "month"),
    (timedelta.max, timedelta(days=365), "year"),
)
HUES = 12
SOURCES = {
    "scl": "SCL",
    "teetime": "TeeTime",
    "messaging": "Messaging",
    "feedback": "Feedback",
    "facilities": "Facilities",
    "crm": "Club staff",
}


def plural(count: int, word: str, many: str | None = None, *, club: Tenant | None = None) -> str:
    """A count with its word, as in 1 day, 2 days; without a club only what stays below a thousand."""
    written = str(count) if club is None else number(count, club)
    return f"{written} {word if count == 1 else many or word + 's'}"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """The distance in words, as in 3 days ago or in 2 hours."""
    distance = (now or timezone.now()) - moment
    size = abs(distance)
    if size < JUST_NOW:
        return "just now"
    words = next(plural(max(1, size // unit), word) for limit, unit, word in STEPS if size < limit)
    return f"in {words}" if distance < timedelta(0) else f"{words} ago"


def duration(seconds: float) -> str:
    """A length of time in its largest unit, as in 12 s, 18 min, 3 h or 2 days."""
    for size, limit, unit in ((1, 120, " s"), (60, 120, " min"), (3600, 48, " h")):
        if seconds / size < limit:
            return f"{seconds / size:.0f}{unit}"
    return plural(int(seconds // 86_400), "day")


def day(value: date, now: datetime | None = None) -> str:
    """A day, as in 14 March; with the year when it is not this one."""
    this_year = (now or timezone.localtime()).year
    return f"{value.day} {value:%B}" + ("" if value.year == this_year else f" {value.year}")


def moment(value: datetime, tenant: Tenant) -> str:
    """Day and time on the club's clock, as in Sat 14 March 07:30."""
    return moment_in(value, tenant.zone)


def moment_in(value: datetime, zone: tzinfo) -> str:
    """Day and time on another clock than the club's, as that of a campaign."""
    local = value.astimezone(zone)
    return f"{local:%a} {day(local)} {local:%H:%M}"


def exactly(value: datetime, tenant: Tenant) -> str:
    """A moment with its year, as in 12 March 2026 14:05."""
    local = value.astimezone(tenant.zone)
    return f"{full_day(local)} {local:%H:%M}"


def day_heading(value: datetime, tenant: Tenant, now: datetime | None = None) -> str:
    """The heading of a day: Today, Yesterday, or Saturday 14 March."""
    now = (now or timezone.now()).astimezone(tenant.zone)
    local = value.astimezone(tenant.zone)
    distance = (now.date() - local.date()).days
    if distance in (0, 1):
        return "Today" if distance == 0 else "Yesterday"
    return f"{local:%A} {day(local, now)}"


def money(cents: int, tenant: Tenant, currency: str = "") -> str:
    """An amount as the club writes it, of its own currency unless another is given; yen have no cents."""
    code = currency or tenant.currency
    return format_currency(cents / 10 ** get_currency_precision(code), code, locale=_locale(tenant))


def number(value: float, tenant: Tenant) -> str:
    """A count or measure as the club writes it."""
    return format_decimal(value, locale=_locale(tenant))


def decimals(value: float, tenant: Tenant, places: int) -> str:
    """A measure with so many places after the club's decimal sign, as in 4,0."""
    return format_decimal(round(value, places), format=f"#,##0.{'0' * places}", locale=_locale(tenant))


def percent(share: float, tenant: Tenant, places: int = 0) -> str:
    """A share of 1 as the club writes it, as in 12,5 %."""
    written = decimals(share * 100, tenant, places) if places else number(round(share * 100), tenant)
    return f"{written}\N{NO-BREAK SPACE}%"


def size(value: int, tenant: Tenant) -> str:
    """A number of bytes in its largest unit, as in 16,5 KB."""
    for unit, of in (("MB", 1 << 20), ("KB", 1 << 10)):
        if value >= of:
            return f"{decimals(value / of, tenant, 1)}\N{NO-BREAK SPACE}{unit}"
    return plural(value, "byte", club=tenant)


def decimal_sign(tenant: Tenant) -> str:
    """What stands between units and tenths, as the club writes it."""
    return get_decimal_symbol(_locale(tenant))


def initials(name: str) -> str:
    """At most two letters for an avatar."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    letters = [word[0] for word in (words[:1] + words[1:][-1:])]
    return "".join(letters).upper() or "?"


def hue(key: object) -> int:
    """One of HUES colours, always the same for the same key."""
    return sum(str(key).encode()) % HUES


def source_name(source: str) -> str:
    """A service as staff know it."""
    return SOURCES.get(source, source)


def phone(value: str) -> str:
    """An E.164 number in groups, as in +27 82 123 4567."""
    try:
        return phonenumbers.format_number(
            phonenumbers.parse(value), phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
    except phonenumbers.NumberParseException:
        return value


def plain_words(name: str) -> str:
    """The name of an API field in words, as in membership tier."""
    return "".join(f" {one.lower()}" if one.isupper() else one for one in name).replace("_", " ").strip()


def read_json(stored: str | dict[str, Any]) -> dict[str, Any]:
    """A column of JSON, which a plain cursor hands over as text."""
    return orjson.loads(stored) if isinstance(stored, str) else stored


def pretty_json(value: Any) -> str:
    """Indented JSON with sorted keys left as they came."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()


def _locale(tenant: Tenant) -> str:
    return tenant.locale.replace("-", "_")
