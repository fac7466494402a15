"""Membership statuses as offices write them, in the languages of the headers."""

from collections.abc import Mapping
from typing import Final

# Status → words, folded. Whoever has none of MEMBERS is no member.
WORDS: Final[Mapping[str, str]] = {
    "ACTIVE": (
        "active|current|paid|paid up|yes|live|full member|member in good standing|good standing|"
        "aktief|aktiv|actief|actif|"
        "activo|activa|ativo|ativa|attivo|attiva|a jour|bezahlt|betaald|betaal|ja|oui|si|sim"
    ),
    "SUSPENDED": (
        "suspended|on hold|frozen|dormant|leave of absence|opgeskort|ruhend|ausgesetzt|geschorst|suspendu|suspendido|"
        "suspenso|sospeso"
    ),
    "LAPSED": (
        "lapsed|expired|overdue|unpaid|not paid|in arrears|inactive|verval|verstreke|onaktief|"
        "abgelaufen|inaktiv|verlopen|"
        "inactief|expire|perime|inactif|vencido|caducado|inactivo|expirado|inativo|scaduto|inattivo"
    ),
    "CANCELLED": (
        "cancelled|canceled|resigned|left|terminated|former|former member|ex member|ex|withdrawn|"
        "quit|gekanselleer|bedank|"
        "gekundigt|ausgetreten|ehemalig|ehemaliges mitglied|opgezegd|oud lid|resilie|demissionne|"
        "ancien|ancien membre|"
        "cancelado|baja|ex socio|demitido|desligado|cancelada|annullato|dimesso|cessato"
    ),
    "DECEASED": (
        "deceased|dead|died|passed away|late|oorlede|verstorben|tot|overleden|decede|decedee|"
        "fallecido|fallecida|falecido|"
        "falecida|deceduto|deceduta"
    ),
    "WAITING_LIST": (
        "waiting list|waiting|wait list|waitlist|applicant|application|applied|pending|prospect|"
        "waglys|warteliste|bewerber|"
        "wachtlijst|liste d attente|lista de espera|lista d attesa"
    ),
    "VISITOR": (
        "visitor|guest|day visitor|besoeker|gas|gast|visiteur|invite|visitante|invitado|convidado|"
        "ospite|visitatore"
    ),
    "NON_MEMBER": (
        "no|non member|nonmember|not a member|none member|nie lid nie|nee|nein|kein mitglied|geen lid|non membre|non|"
        "no socio|nao socio|nao|non socio"
    ),
}
STATUSES: Final[Mapping[str, str]] = {
    word: status for status, words in WORDS.items() for word in words.split("|")
}
DECEASED: Final = "DECEASED"
# Whose status says that they are members now.
MEMBERS: Final = frozenset({"ACTIVE", "SUSPENDED"})
