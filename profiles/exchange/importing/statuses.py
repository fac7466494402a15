"""Membership statuses as offices write them, in the languages of the headers."""

import re
from collections.abc import Mapping
from typing import Final

from profiles.normalise import folded

# Status → words, folded. Whoever has none of MEMBERS is no member.
WORDS: Final[Mapping[str, str]] = {
    "ACTIVE": (
        "active|current|paid|paid up|yes|y|true|live|member|current member|full member|member in good standing|"
        "good standing|"
        "aktief|aktiv|actief|actif|"
        "activo|activa|ativo|ativa|attivo|attiva|a jour|bezahlt|betaald|betaal|pagado|pago|paye|pagato|ja|oui|si|sim|"
        "lid|lidmaat|mitglied|membre|miembro|socio|socia|membro|aktywny|medlem|aktiivinen"
    ),
    "SUSPENDED": (
        "suspended|on hold|frozen|dormant|leave of absence|opgeskort|ruhend|ausgesetzt|geschorst|suspendu|suspendido|"
        "suspenso|sospeso"
    ),
    "LAPSED": (
        "lapsed|expired|overdue|unpaid|not paid|non payment|in arrears|not renewed|inactive|verval|verstreke|onaktief|"
        "not active|no longer active|non active|not current|deactivated|disabled|archived|"
        "nie aktief|nie aktief nie|nie meer aktief nie|nicht aktiv|nicht mehr aktiv|niet actief|niet meer actief|"
        "non actif|plus actif|no activo|nao ativo|non attivo|"
        "abgelaufen|inaktiv|verlopen|"
        "inactief|expire|perime|inactif|vencido|caducado|inactivo|expirado|inativo|scaduto|inattivo"
    ),
    "CANCELLED": (
        "cancelled|canceled|resigned|left|terminated|former|former member|past member|ex member|ex|withdrawn|expelled|"
        "moved|moved away|emigrated|gone away|relocated|no longer a member|no longer member|membership ended|"
        "quit|gekanselleer|bedank|opgese|uitgetree|gestopt|ausgeschieden|austritt|verzogen|"
        "gekundigt|ausgetreten|ehemalig|ehemaliges mitglied|opgezegd|oud lid|resilie|demissionne|"
        "ancien|ancien membre|"
        "cancelado|baja|ex socio|demitido|desligado|cancelada|annullato|dimesso|cessato"
    ),
    "DECEASED": (
        "deceased|dead|died|dec d|decd|passed away|passed on|late|estate late|rip|r i p|oorlede|"
        "verstorben|tot|overleden|decede|decedee|"
        "fallecido|fallecida|falecido|"
        "falecida|deceduto|deceduta"
    ),
    "WAITING_LIST": (
        "waiting list|waiting|wait list|waitlist|on waiting list|applicant|application|applied|pending|prospect|"
        "waglys|warteliste|bewerber|"
        "wachtlijst|liste d attente|lista de espera|lista d attesa"
    ),
    "VISITOR": (
        "visitor|guest|day visitor|besoeker|gas|gast|visiteur|invite|visitante|invitado|convidado|"
        "ospite|visitatore"
    ),
    "NON_MEMBER": (
        "no|n|false|non member|nonmember|not a member|none member|nie lid nie|nee|nein|kein mitglied|geen lid|"
        "non membre|non|"
        "no socio|nao socio|nao|non socio"
    ),
}
STATUSES: Final[Mapping[str, str]] = {
    word: status for status, words in WORDS.items() for word in words.split("|")
}
DECEASED: Final = "DECEASED"
# Whose status says that they are members now.
MEMBERS: Final = frozenset({"ACTIVE", "SUSPENDED"})
# Said of a membership that is over, or never was one: the weakest of what a cell says counts.
WEAKEST_FIRST: Final = (
    "DECEASED",
    "CANCELLED",
    "LAPSED",
    "NON_MEMBER",
    "WAITING_LIST",
    "VISITOR",
    "SUSPENDED",
    "ACTIVE",
)
BETWEEN: Final = re.compile(
    r"[-–—/,;:()]+|\b(?:since|in|on|from|seit|sedert|sinds|depuis|desde|dal)\b", re.IGNORECASE
)
NUMBERS: Final = re.compile(r"[\d.]+")


def status_of(text: str, own_words: Mapping[str, str]) -> str | None:
    """The status that a cell means, None where that is not known. `own_words`: the club's, folded → status.

    Of several words ("Resigned 2020", "Active - paid", "Suspended (non payment)") the weakest counts; beside a word
    that nobody knows only what ends a membership does.
    """
    known = own_words.get(folded(text)) or STATUSES.get(folded(text))
    if known is not None:
        return known
    parts = [folded(NUMBERS.sub(" ", part)) for part in BETWEEN.split(text)]
    said = [own_words.get(part) or STATUSES.get(part) for part in parts if part]
    found = {status for status in said if status is not None}
    if not found or (None in said and found <= MEMBERS):
        return None
    return next(status for status in WEAKEST_FIRST if status in found)
