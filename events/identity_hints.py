"""Whom an event names: raw keys from its identity and from its payload. Pure.

Raw means trimmed text and nothing more: e-mails and phones as the service spelled them. Their normal form is
`profiles`' business.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pydantic_core import PydanticCustomError

from events.catalogue.fields import read_member_id
from events.refusals import PayloadRefused

# What programs and forms write where there is no id; letters folded.
EMPTY_IDS: Final = frozenset(
    "undefined null none nan nil n/a n.a. na guest anonymous anon unknown tba tbc tbd pending test todo missing empty "  # noqa: SIM905
    "default false true new temp dummy invalid nobody noname void ? x xx xxx".split()
) | {
    *(
        "not available",
        "not applicable",
        "not set",
        "not known",
        "not given",
        "not provided",
        "not specified",
        "no id",
    ),
    *(
        "no number",
        "none given",
        "unknown user",
        "anonymous user",
        "guest user",
        "object object",
        "n\\a",
        "#ref!",
    ),
    *(
        "#n/a",
        "#name?",
        "#value!",
        "keine",
        "keiner",
        "unbekannt",
        "geen",
        "nya",
        "nvt",
        "onbekend",
        "aucun",
        "inconnu",
        "ninguno",
    ),
    *("desconocido", "nenhum", "desconhecido", "nessuno", "sconosciuto", "brak", "nieznany", "yok", "ingen"),
    *("n.v.t", "n/v", "k.a", "o.a", "n/d", "s/d", "n/c", "n.d", "s.d", "n.c", "nodata", "no-id", "noid"),
    *("undef", "unset", "ohne", "leer", "entfällt", "unbekannte", "desconocida", "desconhecida", "inconnue"),
    *("nessuna", "sconosciuta", "ignoto", "nieznana", "bilinmiyor", "okänd", "ukendt", "ukjent"),
    *("tuntematon", "неизвестно", "нет", "不明", "なし", "infinity", "#num!", "#div/0!", "#null!", "sample"),
    *(
        "неизвестен",
        "неизвестна",
        "отсутствует",
        "нет данных",
        "н/д",
        "не указано",
        "не указан",
        "пусто",
        "гость",
    ),
    *(
        "невідомо",
        "невідомий",
        "немає",
        "няма",
        "неизвестен",
        "непознато",
        "нема",
        "άγνωστο",
        "άγνωστος",
        "κανένα",
    ),
    *(
        "δεν υπάρχει",
        "未知",
        "无",
        "無",
        "没有",
        "空",
        "未定",
        "不詳",
        "未設定",
        "未入力",
        "ゲスト",
        "없음",
        "미상",
        "모름",
        "미정",
    ),
    *("غير معروف", "لا يوجد", "مجهول", "نامعلوم", "ندارد", "אין", "לא ידוע", "अज्ञात", "नहीं", "ไม่มี", "ไม่ทราบ"),
    *(
        "không có",
        "không rõ",
        "tidak ada",
        "tiada",
        "wala",
        "hakuna",
        "akukho",
        "nepoznato",
        "nepoznat",
        "nema",
    ),
    *(
        "neznámý",
        "neznámé",
        "není",
        "žádný",
        "nenhuma",
        "nincs",
        "ismeretlen",
        "necunoscut",
        "fără",
        "nežinomas",
    ),
    *(
        "nezināms",
        "teadmata",
        "puudub",
        "ei ole",
        "ei tiedossa",
        "inget",
        "saknas",
        "mangler",
        "ekkert",
        "óþekkt",
    ),
    *("n.n", "nn", "ø", "∅", "test-id", "testid", "test id", "dummy-id", "system.object", "[object object]"),
    *("demo", "deleted", "removed", "redacted", "anonymized", "anonymised", "nonmember", "non-member"),
    *("visitor", "walk-in", "walkin", "gast", "invitado", "convidado", "ospite", "misafir"),
}
# What a program writes whose template was not filled in: {{id}}, ${id}, %s, <id>.
UNFILLED: Final = re.compile(
    r"\{+\s*[a-z_.]*\s*\}+|\$\{?[a-z_][\w.]*\}?|%(?:\d\$)?[sd]|%\(\w+\)s|%[a-z_]+%|<\w*>|<%.*%>|\[\[\s*\w+\s*\]\]"
)
# As many equal digits as no service hands out: 1111111, 9999999999.
EQUAL_SIGNS: Final = 7
COUNTED_UP: Final = ("123456789", "1234567890", "0123456789", "987654321", "9876543210")
LONGEST_KEY: Final = 320  # The longest e-mail address that a form could hold: 64 + 1 + 255.


class IdentityKind(StrEnum):
    """Kinds of keys, strongest first."""

    SCL_MEMBER = "sclMemberId"
    TEETIME_PLAYER = "teetimePlayerId"
    MESSAGING_CONTACT = "messagingContactId"
    AUTH_USER = "authUserId"
    MCA_V1_ZA = "mcaV1ZaId"
    MCA_V1_UK = "mcaV1UkId"
    GOLF_RSA = "golfRsaId"
    CDH = "cdhId"
    # As a club prints it, with letters: GC-00123/A.
    MEMBER_NUMBER = "memberNumber"
    EMAIL = "email"
    PHONE = "phoneNumber"


class IdentityKey(NamedTuple):
    """A key that leads to a person; the kind is one of IdentityKind."""

    kind: str
    value: str


STRENGTH: Final = {kind: rank for rank, kind in enumerate(IdentityKind)}
EXTERNAL_KINDS: Final = {
    kind.value: kind
    for kind in (
        IdentityKind.MCA_V1_ZA,
        IdentityKind.MCA_V1_UK,
        IdentityKind.GOLF_RSA,
        IdentityKind.CDH,
        IdentityKind.MEMBER_NUMBER,
    )
}
IDENTITY_KINDS: Final = {kind.value: kind for kind in IdentityKind if kind.value not in EXTERNAL_KINDS}
# One event is about one person, who has one of each of these.
SINGLE_KINDS: Final = frozenset(
    {IdentityKind.SCL_MEMBER, IdentityKind.TEETIME_PLAYER, IdentityKind.MESSAGING_CONTACT}
)

# What a key of a payload means depends on who speaks: `playerId` is a golfer to TeeTime only.
PAYLOAD_KEYS_BY_SERVICE: Final = {
    "scl": {"memberId": IdentityKind.SCL_MEMBER},
    "facilities": {"memberId": IdentityKind.SCL_MEMBER},
    "teetime": {"playerId": IdentityKind.TEETIME_PLAYER},
    "messaging": {"contactId": IdentityKind.MESSAGING_CONTACT},
}
# Types whose subject is the person, so that the payload's own id is the person's.
SUBJECT_KINDS: Final = {
    "scl.member.": IdentityKind.SCL_MEMBER,
    "teetime.player.": IdentityKind.TEETIME_PLAYER,
}
ADDRESSES: Final = frozenset({IdentityKind.EMAIL, IdentityKind.PHONE})
ADDRESS_KEYS: Final = {
    "email": IdentityKind.EMAIL,
    "phone": IdentityKind.PHONE,
    "phoneNumber": IdentityKind.PHONE,
}


class _Hint(NamedTuple):
    kind: IdentityKind
    value: str
    path: str


def identity_keys(
    envelope_source: str, canonical_type: str, identity: Mapping[str, Any], payload: Mapping[str, Any]
) -> list[IdentityKey]:
    """The keys that an event gives, strongest kind first, the identity's before the payload's; none twice.

    A new e-mail in an `.updated` event is a key as well. Values that stand for nothing are told as they came:
    `profiles` leaves them aside and says so. Raises PayloadRefused for a key of the wrong kind,
    and when identity and payload name two people by their service ids.
    """
    hints = _identity_hints(identity)
    for key, kind in _payload_kinds(envelope_source, canonical_type):
        value = payload.get(key)
        if value is not None:
            _add_hint(hints, kind, value, f"payload.{key}")
    if len(hints) > 1:
        _check_agreement(hints)
        hints.sort(key=lambda hint: STRENGTH[hint.kind])
    return list(dict.fromkeys(IdentityKey(hint.kind, hint.value) for hint in hints))


def _identity_hints(identity: Mapping[str, Any]) -> list[_Hint]:
    hints: list[_Hint] = []
    for key, value in identity.items():
        kind = IDENTITY_KINDS.get(key)
        if kind is not None and value is not None:
            _add_hint(hints, kind, value, f"identity.{key}")
    external = identity.get("externalIds")
    if external is None:
        return hints
    if not isinstance(external, dict):
        raise PayloadRefused("identity.externalIds", "identity.externalIds must be an object.")
    for key, value in external.items():
        kind = EXTERNAL_KINDS.get(key)
        if kind is not None and value is not None:
            _add_hint(hints, kind, value, f"identity.externalIds.{key}")
    return hints


@lru_cache(maxsize=1024)
def _payload_kinds(envelope_source: str, canonical_type: str) -> tuple[tuple[str, IdentityKind], ...]:
    kinds: dict[str, IdentityKind] = {}
    for prefix, kind in SUBJECT_KINDS.items():
        if canonical_type.startswith(prefix):
            kinds["id"] = kind
    for service in (canonical_type.partition(".")[0], envelope_source):
        kinds |= PAYLOAD_KEYS_BY_SERVICE.get(service, {})
    return tuple((kinds | ADDRESS_KEYS).items())


def stands_for_nothing(value: str) -> bool:
    """Whether an id is what services and forms write where they have none, as in undefined, 0, N/A, 0000-0000."""
    return _remembered(value) if len(value) <= LONGEST_KEY else _says_nothing(value)


def _says_nothing(value: str) -> bool:
    # Full-width letters and digits are those of an East Asian keyboard.
    folded = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
    if UNFILLED.fullmatch(folded):
        return True
    # NaN.0 is what a spreadsheet makes of nothing in a column of numbers.
    bare = folded.removesuffix(".0").strip("()[]{}<>\"'`*_.?!¿¡ ")
    signs = [char for char in folded if char.isalnum()]
    if folded in EMPTY_IDS or bare in EMPTY_IDS or not signs or folded == "-1":
        return True
    if len(set(signs)) == 1 and (signs[0] == "0" or signs[0] == "x" or len(signs) >= EQUAL_SIGNS):
        return True
    # undefined-undefined, null_null, "null null": what a program glues together where it has nothing.
    glued = [part for part in re.split(r"[^a-z]+", folded) if part]
    if len(glued) > 1 and EMPTY_IDS.issuperset(glued) and not any(char.isdigit() for char in folded):
        return True
    # Ids have a digit or are one word: "see office", "applied for", "not yet given" are neither.
    if len(bare.split()) > 1 and not any(char.isdigit() for char in folded):
        return True
    return folded in COUNTED_UP


# One event asks several times about each of its keys.
_remembered = lru_cache(maxsize=8192)(_says_nothing)


def _add_hint(hints: list[_Hint], kind: IdentityKind, value: Any, path: str) -> None:
    """Add what a value says, if anything; raises PayloadRefused for one of the wrong kind."""
    is_empty = (
        kind not in ADDRESSES
        and not isinstance(value, bool)
        and isinstance(value, str | int)
        and stands_for_nothing(str(value))
    )
    if kind is IdentityKind.SCL_MEMBER and not is_empty:
        value = _member_id(value, path)
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    elif not isinstance(value, str):
        raise PayloadRefused(path, f"{path} must be text.")
    trimmed = value.strip()
    if len(trimmed) > LONGEST_KEY:
        raise PayloadRefused(path, f"{path} has {len(trimmed)} characters; {LONGEST_KEY} is the limit.")
    if trimmed:
        hints.append(_Hint(kind, trimmed, path))


def _member_id(value: Any, path: str) -> str:
    try:
        member_id = read_member_id(value)
    except PydanticCustomError as error:
        raise PayloadRefused(path, f"{path} {error.message()}.") from None
    return "" if member_id is None else str(member_id)


def _check_agreement(hints: list[_Hint]) -> None:
    first_of_kind: dict[IdentityKind, _Hint] = {}
    for hint in hints:
        if hint.kind not in SINGLE_KINDS or stands_for_nothing(hint.value):
            continue
        first = first_of_kind.setdefault(hint.kind, hint)
        # Ids may be UUIDs, whose letters some services send as capitals.
        if hint.value.casefold() != first.value.casefold():
            message = (
                f"{first.path} and {hint.path} name two different people; one event is about one person."
            )
            raise PayloadRefused(first.path, message)
