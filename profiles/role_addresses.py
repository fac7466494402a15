"""Addresses that belong to a role and not to a person: office@, golf@, a club's own domain. Pure."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from profiles.normalise import CACHE_SIZE

# RFC 2142, and what offices, firms and golf clubs of our languages call their common mailboxes.
ROLE_LOCAL_PARTS: Final = frozenset(
    "info information office admin administration administrator reception frontdesk desk mail email post postmaster "  # noqa: SIM905
    "webmaster hostmaster abuse contact contacts enquiries enquiry inquiries hello hi team staff sales marketing "
    "accounts accounting accountant finance billing invoices orders shop store service services support help helpdesk "
    "bookings booking reservations reservation events event secretary secretariat manager management director "
    "directors hr jobs careers legal press media club clubhouse golf golfclub golfshop proshop pro captain handicaps "
    "handicap members member membership memberships competitions competition tournaments committee greens greenkeeper "
    "restaurant bar catering firma buero kontakt empfang sekretariat verwaltung buchhaltung rechnung vertrieb verein "
    "clubsekretariat geschaeftsstelle navrae kantoor ontvangs rekeninge lidmaatskap administratie boekhouding "
    "receptie verkoop contacto oficina administracion recepcion ventas reservas secretaria contato escritorio "
    "financeiro vendas accueil bureau secretariat comptabilite commercial reservation contatti segreteria ufficio "
    "amministrazione commerciale prenotazioni biuro sekretariat kontakt sklep ksiegowosc ledelse kontor post "
    "bokning ekonomi resepsjon family families".split()
)
DIGITS: Final = "0123456789"


@lru_cache(maxsize=CACHE_SIZE)
def is_role_email(email: str) -> bool:
    """Whether the local part of a normal address names a role, a number behind it or not, as in office2@."""
    local = email.partition("@")[0].partition("+")[0]
    return (
        local.rstrip(DIGITS).strip("._-").replace("-", "").replace(".", "").replace("_", "")
        in ROLE_LOCAL_PARTS
    )


def split_listed(listed: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """What a club lists as shared: local parts or whole addresses, and domains (written with an @ in front)."""
    plain = {text.strip().lower() for text in listed}
    domains = frozenset(text.removeprefix("@") for text in plain if text.startswith("@"))
    return frozenset(text for text in plain if text and not text.startswith("@")), domains
