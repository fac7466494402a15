"""What programs and offices write where there is nothing to write. Pure."""

import re
from typing import Final

# What spreadsheets show instead of a value: nothing in any column; errors of Excel begin with # in any language.
NO_VALUE: Final = frozenset({"-", "--", "---", "—", "–", "n/a", "?", "??", "<na>", "\\n", ".", "…", "/"})
ERROR: Final = re.compile(r"#+(?:[^\W\d_]+[/_ ]?)*(?:[!?]|/0!)|#n/?[avd]|#{2,}|#¡[^\s]+!", re.IGNORECASE)
IN_SIGNS: Final = re.compile(r"[(\[<{](?:null|none|nil|blank|empty|leer|vide|vacio|leeg|n/a|na|nan)[)\]>}]")
# What programs write for nothing; in a column of names these are names: Jennifer Null, Na Shikongo.
NAMES_TOO: Final = frozenset({"na", "nan", "nat", "none", "null", "nil"})
NOT_YET: Final = frozenset(
    {
        *(
            "unknown",
            "tbc",
            "tba",
            "tbd",
            "pending",
            "undefined",
            "not known",
            "n.a.",
            "n.a",
            "not available",
        ),
        *("not applicable", "not given", "not provided", "no data", "to follow", "not yet", "applied for"),
        *("unbekannt", "onbekend", "inconnu", "desconocido", "desconhecido", "sconosciuto", "k.a.", "k. a."),
        *("s/o", "s.o.", "nvt", "n.v.t.", "nb", "nvt.", "s/n", "nd", "n.d.", "n/d", "ninguno", "nenhum"),
    }
)


def is_no_value(words: str) -> bool:
    """Whether a cell (letters folded) holds nothing in any column."""
    return words in NO_VALUE or bool(ERROR.fullmatch(words) or IN_SIGNS.fullmatch(words))
