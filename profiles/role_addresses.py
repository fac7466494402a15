"""Addresses that belong to a role and not to a person: office@, golf@, a club's own domain. Pure."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from profiles.normalise import CACHE_SIZE, folded

# RFC 2142, and what offices, firms, desks and golf clubs of our languages call their common mailboxes; folded, as they
# are written without accents.
ROLE_LOCAL_PARTS: Final = frozenset(
    "info information office admin administration administrator reception frontdesk desk mail email post "  # noqa: SIM905
    "postmaster webmaster hostmaster abuse contact contacts enquiries enquiry inquiries hello hi team staff "
    "sales marketing accounts accounting accountant finance billing invoices orders shop store service "
    "services support help helpdesk bookings booking reservations reservation events event secretary "
    "secretariat manager management director directors hr jobs careers legal press media club clubhouse "
    "golf golfclub golfshop proshop pro captain handicaps handicap members member membership memberships "
    "competitions competition tournaments committee greens greenkeeper restaurant bar catering firma buero "
    "kontakt empfang sekretariat verwaltung buchhaltung rechnung vertrieb verein clubsekretariat "
    "geschaeftsstelle navrae kantoor ontvangs rekeninge lidmaatskap administratie boekhouding receptie "
    "verkoop contacto oficina administracion recepcion ventas reservas secretaria contato escritorio "
    "financeiro vendas accueil bureau comptabilite commercial contatti segreteria ufficio amministrazione "
    "commerciale prenotazioni biuro sklep ksiegowosc ledelse kontor bokning ekonomi resepsjon family "
    "families buro kanzlei rezeption zentrale anmeldung verkauf einkauf personal vorstand praesident "
    "geschaeftsfuehrung jugend jugendwart sportwart spielleitung turniere turnier mitglieder "
    "mitgliederverwaltung mitgliedschaft platzwart golfschule gastronomie werkstatt sekretariaat ontvangst "
    "bestuur ledenadministratie leden wedstrijden clubhuis baan baancommissie klubkantoor klub klubhuis "
    "ledelijst bemarking ontvangsdame direction comite membres academie boutique intendance presidence "
    "oficinas gerencia direccion socios torneos tienda contabilidad recepcao direcao contabilidade "
    "faturamento loja socio torneios direzione soci gare negozio contabilita presidenza zarzad recepcja "
    "czlonkowie zawody kancelaria faktura faktury ksiegowa kancelar recepce ucetni obchod clenove iroda "
    "titkarsag recepcio penzugy toimisto vastaanotto jasenet myynti kansli klubben klubb bokhalter "
    "bokhaltning regnskap okonomi medlem medlemmer medlemmar sekretaer styret styrelsen ordforande "
    "baneservice ofis muhasebe resepsiyon satis yonetim uyelik uyeler sekreter grafeio pisarna birou "
    "secretariaat asztal teetime teetimes tee starter halfway halfwayhouse caddie caddiemaster caddies "
    "marshal clubmanager gm ceo cfo coo chairman chair president vicecaptain ladycaptain ladies seniors "
    "juniors juniorgolf greenkeeping groundsman agronomy maintenance security gate functions weddings "
    "conference spa gym academy coaching lessons fitting workshop estate estateoffice hoa bodycorporate "
    "trustees pa assistant noticeboard newsletter webshop customerservice customercare kasse hola ciao welcome "
    "willkommen bienvenue benvenuti contactus mailerdaemon caddymaster mitgliederservice generalmanager treasurer "
    "kassenwart schatzmeister spielfuehrer hcp comps wettspiele startzeiten starttijden greenfee greenfees headpro "
    "restaurante ristorante clubrestaurant drivingrange range shopping bestellung bestellungen facturen factures "
    "facturacion fatturazione creditors debtors payroll directie infos informatie auskunft kundenservice "
    "klantenservice edv ict privacy datenschutz dpo presse sponsoring karriere vacatures recruitment".split()
)
# What somebody without a mailbox is given; with a number behind it, one of them may be meant.
NOBODYS_LOCAL_PARTS: Final = frozenset(
    "guest guests visitor visitors walkin user username customer client kunde cliente gast someone "  # noqa: SIM905
    "somebody youremail yourname bounce bounces unsubscribe".split()
)
# With a name, a place or another word beside them they are an office's no less: info-jhb@, booking.office@.
OFFICE_WORDS: Final = frozenset(
    "info office admin reception accounts booking bookings reservations enquiries support secretary kantoor "  # noqa: SIM905
    "buero buro sekretariat secretaria secretariat segreteria accueil oficina ufficio biuro toimisto iroda "
    "kansli kontor ofis rezeption recepcion reservas membership members proshop clubhouse buchhaltung "
    "boekhouding contabilidad".split()
)
DIGITS: Final = "0123456789"


@lru_cache(maxsize=CACHE_SIZE)
def is_role_email(email: str) -> bool:
    """Whether the local part of a normal address names a role, a number behind it or not, as in office2@, info-jhb@."""
    words = folded(email.partition("@")[0].partition("+")[0]).split()
    whole = "".join(words)
    if whole in NOBODYS_LOCAL_PARTS or whole.rstrip(DIGITS) in ROLE_LOCAL_PARTS:
        return True
    return len(words) > 1 and not OFFICE_WORDS.isdisjoint((words[0], words[-1]))


def split_listed(listed: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """What a club lists as shared: local parts or whole addresses, and domains (written with an @ in front)."""
    plain = {text.strip().lower() for text in listed}
    domains = frozenset(text.removeprefix("@") for text in plain if text.startswith("@"))
    return frozenset(text for text in plain if text and not text.startswith("@")), domains
