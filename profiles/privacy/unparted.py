"""Names of scripts that put no gap between words: 王小明さん, 田中太郎様, 김민수는. Pure.

Nothing tells where such a name begins or ends in a sentence. One of three letters or more is found wherever it stands;
one of two only where no such letter stands before it, and none or a form of address behind it (李明 is in 李明華).
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

# Han, kana, Hangul, with the signs that repeat or lengthen a letter.
LETTER: Final = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fa1f"
)
LETTERS: Final = re.compile(f"[{LETTER}]+")
# The dot of 約翰·史密斯, and what somebody puts between family and given name nevertheless.
GAP: Final = "[ \u3000·・,，、]{0,3}"
GAPS: Final = re.compile(f"(?<=[{LETTER}]){GAP}(?=[{LETTER}])")
RUNS: Final = re.compile(f"[{LETTER}](?:{GAP}[{LETTER}])+")
FORMS_OF_ADDRESS: Final = (
    "さん|さま|様|ちゃん|くん|君|氏|殿|先生|せんせい|女士|小姐|老师|老師"
    "|同学|同學|经理|經理|太太|씨|님|선생|군|양"
)
SHORTEST_ANYWHERE: Final = 3
WITHOUT_KANA: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+")
ENDS_OF_GIVEN_NAMES: Final = frozenset("郎朗子美恵江代枝奈香夫雄助介")


def is_unparted(name: str) -> bool:
    """Whether a name is of such letters alone, and of two at least."""
    letters = _plain(name)
    return len(letters) > 1 and LETTERS.fullmatch(letters) is not None


def is_whole_name(name: str) -> bool:
    """Whether what stands in the field of a first name alone is a family name and a given name.

    Of three letters it is in Chinese and Korean; 健太郎 and 美代子 are given names that thousands have.
    """
    letters = _plain(name)
    return (
        WITHOUT_KANA.fullmatch(letters) is not None
        and len(letters) >= SHORTEST_ANYWHERE
        and (len(letters) > SHORTEST_ANYWHERE or letters[-1] not in ENDS_OF_GIVEN_NAMES)
    )


def orders(first: str, last: str) -> set[str]:
    """The whole name as people write it: the family first, and as a form may have had it."""
    found = {f"{last} {first}", f"{first} {last}"}
    return {one for one in found if is_unparted(one)}


def pattern(name: str) -> str:
    """A regular expression for the name; its words may be parted nevertheless."""
    words = unicodedata.normalize("NFC", name).replace("·", " ").replace("・", " ").split()
    # As disks of some makers have Hangul and kana: each letter in its parts.
    whole = GAP.join(f"(?:{word}|{unicodedata.normalize('NFD', word)})" for word in words)
    if len("".join(words)) >= SHORTEST_ANYWHERE:
        return whole
    return rf"(?<![{LETTER}]){whole}(?=(?:{FORMS_OF_ADDRESS})|[\W\d_]|$)"


def pairs_of_letters(text: str) -> Iterator[str]:
    """Yield neighbouring letters of such scripts, by which the index of texts knows a text."""
    if text.isascii():
        return
    for run in RUNS.findall(unicodedata.normalize("NFC", text)):
        for one, other in pairwise(_plain(run)):
            yield f"^{one}{other}"


def _plain(text: str) -> str:
    return GAPS.sub("", unicodedata.normalize("NFC", text).strip())
