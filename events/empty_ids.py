"""Ids that stand for nothing: what services, forms and spreadsheets write where they have none. Pure."""

import re
import unicodedata
from functools import lru_cache
from typing import Final


def _plain(text: str) -> str:
    """Letters folded and without accents, wide ones plain, words apart by one space."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(char for char in letters if not unicodedata.combining(char)).split())


EMPTY_IDS: Final = frozenset(
    _plain(word)
    for word in (  # noqa: SIM905 - one word a line would be a page
        "undefined, null, none, nan, nil, n/a, n.a., na, guest, anonymous, anon, unknown, tba, tbc, tbd, pending, "
        "test, todo, missing, empty, default, false, true, new, temp, dummy, invalid, nobody, noname, void, ?, x, "
        "xx, xxx, not available, not applicable, not set, not known, not given, not provided, not specified, "
        "no id, no number, none given, unknown user, anonymous user, guest user, object object, n\\a, #ref!, #n/a, "
        "#name?, #value!, keine, keiner, unbekannt, geen, nya, nvt, onbekend, aucun, inconnu, ninguno, "
        "desconocido, nenhum, desconhecido, nessuno, sconosciuto, brak, nieznany, yok, ingen, n.v.t, n/v, k.a, "
        "o.a, n/d, s/d, n/c, n.d, s.d, n.c, nodata, no-id, noid, undef, unset, ohne, leer, entfällt, unbekannte, "
        "desconocida, desconhecida, inconnue, nessuna, sconosciuta, ignoto, nieznana, bilinmiyor, okänd, ukendt, "
        "ukjent, tuntematon, неизвестно, нет, 不明, なし, infinity, #num!, #div/0!, #null!, sample, неизвестен, "
        "неизвестна, отсутствует, нет данных, н/д, не указано, не указан, пусто, гость, невідомо, невідомий, "
        "немає, няма, непознато, нема, άγνωστο, άγνωστος, κανένα, δεν υπάρχει, 未知, 无, 無, 没有, 空, 未定, 不詳, "
        "未設定, 未入力, ゲスト, 없음, 미상, 모름, 미정, غير معروف, لا يوجد, مجهول, نامعلوم, ندارد, אין, לא ידוע, "
        "अज्ञात, नहीं, ไม่มี, ไม่ทราบ, không có, không rõ, tidak ada, tiada, wala, hakuna, akukho, nepoznato, "
        "nepoznat, nema, neznámý, neznámé, není, žádný, nenhuma, nincs, ismeretlen, necunoscut, fără, nežinomas, "
        "nezināms, teadmata, puudub, ei ole, ei tiedossa, inget, saknas, mangler, ekkert, óþekkt, n.n, nn, ø, ∅, "
        "test-id, testid, test id, dummy-id, system.object, [object object], demo, deleted, removed, redacted, "
        "anonymized, anonymised, nonmember, non-member, visitor, walk-in, walkin, gast, invitado, convidado, "
        "ospite, misafir, "
        "neant, sans, s.o, s/o, vacio, n/e, onbekende, n.b, nd., zadne, neuvedeno, nera, puuttuu, belirtilmemis, "
        "未登録, 該当なし, 暂无, 不适用, 해당없음, لايوجد, n/k, n.k, not found, blank, nbsp, "
        "nul, nulo, nula, nulle, nullo, placeholder, dagbesoeker, casual, unassigned, unallocated, "
        "coming, volgt, folgt, pendiente, pendente, "
        "ausstehend, niema, nincsen, ingen, oplyst, onaangegeven, unavailable, unspecified, "
        "uninitialized, nonexistent, nullptr, kein, keins, ninguna, aucune, nothing, nada, rien, niks, nichts, "
        "niente, no-user, nouser, no-member, no member, no_member, nomember, not a member, not_a_member, walk_in, "
        "walk in, gaste, besucher, besoeker, vendeg, gosc, gjest, vieras, ziyaretci, unknownuser, unregistered, "
        "not registered, not-registered, not_registered, unregistered user, anonym, anonyme, anonimo, anoniem, tmp, "
        "s/n, zzz, refused, declined, fehlt, same, ditto, dito, idem, cash, counter, nat, pd.na, nr, "
        "someone, somebody, no, yes, off, n.a, +inf, -inf, +infinity, -infinity, 1.#inf, -1.#inf, 1.#ind, "
        "-1.#ind, 1.#qnan, -nan, optional.empty, some(null), nil:nilclass, null::text, =na(), #spill!, #calc!, "
        "#getting_data, #busy!, #field!, #blocked!, #connect!, "
        "temporary, example, absent, erased, error, inf, object, [object], \\n, :id, $(id)"
    ).split(", ")
)
# What stands beside such a word where a program glues them together: undefined_id, guest-user, EMPTY_STRING.
BESIDE: Final = frozenset(
    "id ids user customer client member player contact checkout account profile record value string object number "  # noqa: SIM905
    "no not set found name key uuid".split()
)
# What a program writes whose template was not filled in: {{id}}, ${id}, %s, <id>.
UNFILLED: Final = re.compile(
    r"\{+\s*[a-z_.]*\s*\}+|\$\{?[a-z_][\w.]*\}?|%(?:\d\$)?[sd]|%\(\w+\)s|%[a-z_]+%|<\w*>|<%.*%>|\[\[\s*\w+\s*\]\]"
    r"|\[[a-z_.]+\]|:[a-z_]+|__[a-z_]+__|[#%]\{[a-z_.]+\}"
)
WORDS: Final = re.compile(r"[^\W\d_]+")
# As many equal digits as no service hands out: 1111111, 9999999999.
EQUAL_SIGNS: Final = 7
COUNTED_UP: Final = ("123456789", "1234567890", "0123456789", "987654321", "9876543210")
# What databases and surveys write for "missing".
MISSING_NUMBERS: Final = frozenset({"-1", "-9", "-99", "-999", "-9999"})
# What ids mostly are: plain signs with a digit and two that differ. No word above has a digit: few of them are empty.
ORDINARY: Final = re.compile(
    r"(?=[A-Za-z_-]*[0-9])[_-]*([0-9A-Za-z])(?:[_-]|\1)*(?!\1)[0-9A-Za-z][0-9A-Za-z_-]*", re.ASCII
)
EMPTY_ORDINARY: Final = frozenset({*COUNTED_UP, "0x0"})
LONGEST_KEY: Final = 320  # The longest e-mail address that a form could hold: 64 + 1 + 255.


def stands_for_nothing(value: str) -> bool:
    """Whether an id is what services and forms write where they have none, as in undefined, 0, N/A, 0000-0000."""
    return _remembered(value) if len(value) <= LONGEST_KEY else _says_nothing(value)


def _says_nothing(value: str) -> bool:
    if ORDINARY.fullmatch(value):
        return value.lower() in EMPTY_ORDINARY
    # Full-width letters and digits are those of an East Asian keyboard.
    plain = _plain(value)
    if UNFILLED.fullmatch(plain):
        return True
    # NaN.0 is what a spreadsheet makes of nothing in a column of numbers.
    whole = plain.removesuffix(".0")
    bare = whole.strip("()[]{}<>\"'`*_.?!¿¡&; ")
    signs = [char for char in plain if char.isalnum()]
    if plain in EMPTY_IDS or bare in EMPTY_IDS or not signs or whole in MISSING_NUMBERS or whole == "0x0":
        return True
    if len(set(signs)) == 1 and (signs[0] == "0" or signs[0] == "x" or len(signs) >= EQUAL_SIGNS):
        return True
    # Ids have a digit or are one word; undefined-undefined, guest_user, not_set, "see office" are neither.
    has_digit = any(char.isdigit() for char in whole)
    words = WORDS.findall(whole)
    if len(words) > 1 and not has_digit:
        is_glued = all(word in EMPTY_IDS or word in BESIDE for word in words) and not EMPTY_IDS.isdisjoint(
            words
        )
        return is_glued or " ".join(words) in EMPTY_IDS or len(bare.split()) > 1
    return plain in COUNTED_UP


# One event asks several times about each of its keys.
_remembered = lru_cache(maxsize=8192)(_says_nothing)
