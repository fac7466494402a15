"""The facts of an event as its payload names them, and as texts name them."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from babel.numbers import format_currency, get_currency_precision

from events.iso_time import moment_from_iso
from social.models import Promotion
from tenants.models import Tenant

NAMES: Final = (
    "name", "clubName", "startsAt", "endsAt", "format", "entryFeeCents", "currency", "maxEntries", "handicapMin",
    "handicapMax", "gender", "entriesCloseAt", "url", "imageUrl", "entriesOpenAt", "withdrawBy", "courseName",
)  # fmt: skip
# As staff read them.
LABELS: Final = {
    "name": "Name", "clubName": "Club", "courseName": "Course", "startsAt": "Starts", "endsAt": "Ends",
    "format": "Format", "entryFeeCents": "Entry fee", "currency": "Currency", "maxEntries": "Places",
    "handicapMin": "Handicap from", "handicapMax": "Handicap to", "gender": "Gender", "entriesCloseAt": "Entries close",
    "entriesOpenAt": "Entries open", "withdrawBy": "Withdraw by", "url": "Page", "imageUrl": "Picture",
}  # fmt: skip


def values_of_promotion(promotion_id: UUID) -> dict[str, Any]:
    """What texts may say of the event."""
    promotion = Promotion.objects.select_related("tenant").filter(pk=promotion_id).first()
    return event_values(promotion) if promotion else {}


def event_values(promotion: Promotion) -> dict[str, Any]:
    """The facts as people read them, on the club's clock and in its money."""
    facts, tenant = promotion.facts, promotion.tenant
    # None where nothing is known: an empty text would count as something in {% if … %}.
    values = {name: facts.get(name) or None for name in NAMES}
    for name in ("startsAt", "entriesCloseAt", "withdrawBy"):
        values[name] = day_and_time(moment_of(facts.get(name)), tenant) or None
    values["entryFee"] = money(facts.get("entryFeeCents"), facts.get("currency"), tenant) or None
    places = None if promotion.max_entries is None else max(0, promotion.max_entries - promotion.entered)
    values["placesLeft"] = places
    return values


def moment_of(text: Any) -> datetime | None:
    """A time of a payload; None where there is none."""
    found = moment_from_iso(text) if isinstance(text, str) else None
    return found if found is not None and found.tzinfo is not None else None


def day_and_time(moment: datetime | None, tenant: Tenant) -> str:
    """Saturday 14 March, 07:30."""
    if moment is None:
        return ""
    local = moment.astimezone(tenant.zone)
    return f"{local:%A} {local.day} {local:%B}, {local:%H:%M}"


def money(cents: Any, currency: Any, tenant: Tenant) -> str:
    """An entry fee as the club writes it; free where it is 0."""
    if not isinstance(cents, int):
        return ""
    if cents == 0:
        return "free"
    code = currency or tenant.currency
    amount = cents / 10 ** get_currency_precision(code)
    return str(format_currency(amount, code, locale=tenant.locale.replace("-", "_")))
