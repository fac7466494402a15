"""Texts of posts: what X counts, and the tokens of club and event. Pure but for the template engine."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from messaging.rendering import TemplateProblem, render, render_strict
from social.links import LINK_WEIGHT, links

EMOJI_WEIGHT: Final = 2
X_LENGTH: Final = 280
# Code points that weigh 1; all others weigh 2 (twitter-text, version 3).
LIGHT: Final = ((0x0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
# Pictures among the signs of the basic plane; the planes above hold hardly anything else in these blocks.
_PICTURES: Final = (
    "\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa"
    "\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d\u2620\u2622\u2623\u2626\u262a"
    "\u262e\u262f\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267e\u267f"
    "\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce"
    "\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714"
    "\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27a1"
    "\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff"
)
# People and hands: only these take the colour of a skin.
_TONED: Final = (
    "\u261d\u26f9\u270a-\u270d\U0001f385\U0001f3c2-\U0001f3c4\U0001f3c7\U0001f3ca-\U0001f3cc\U0001f442\U0001f443"
    "\U0001f446-\U0001f450\U0001f466-\U0001f469\U0001f46b-\U0001f46e\U0001f470-\U0001f478\U0001f47c"
    "\U0001f481-\U0001f483\U0001f485-\U0001f487\U0001f48f\U0001f491\U0001f4aa\U0001f574\U0001f575\U0001f57a\U0001f590"
    "\U0001f595\U0001f596\U0001f645-\U0001f647\U0001f64b-\U0001f64f\U0001f6a3\U0001f6b4-\U0001f6b6\U0001f6c0"
    "\U0001f6cc\U0001f90c\U0001f90f\U0001f918-\U0001f91f\U0001f926\U0001f930-\U0001f939\U0001f93d\U0001f93e"
    "\U0001f977\U0001f9b5\U0001f9b6\U0001f9b8\U0001f9b9\U0001f9bb\U0001f9cd-\U0001f9cf\U0001f9d1-\U0001f9dd"
    "\U0001fac3-\U0001fac5\U0001faf0-\U0001faf8"
)
_ONE: Final = f"(?:[{_TONED}][\U0001f3fb-\U0001f3ff]|[{_PICTURES}])\ufe0f?"
EMOJI: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"  # flags
    "|[0-9#*]\ufe0f?\u20e3"  # keys
    "|[\u00a9\u00ae]\ufe0f"
    "|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"  # flags of parts of a country
    f"|{_ONE}(?:\u200d{_ONE})*"
)


@dataclass(frozen=True, slots=True)
class Weight:
    """What X counts, and why it differs from what a person counts."""

    total: int
    reasons: tuple[str, ...]

    @property
    def left(self) -> int:
        """How much may still be written; negative: too long."""
        return X_LENGTH - self.total


def weigh(text: str) -> Weight:
    """The weighted length by X's rules; linear in the length of the text."""
    text = unicodedata.normalize("NFC", text)
    total, reasons, heavy, at = 0, [], 0, 0
    for part in links(text):
        more, many = _plain(text[at : part.start])
        total, heavy, at = total + more + LINK_WEIGHT, heavy + many, part.end
        if len(part.text) != LINK_WEIGHT:
            reasons.append(f"{part.text[:60]} is a link: {LINK_WEIGHT}")
    more, many = _plain(text[at:])
    total, heavy = total + more, heavy + many
    if heavy:
        reasons.append(
            f"{heavy} {'sign' if heavy == 1 else 'signs'} of emoji or of other scripts count double"
        )
    return Weight(total, tuple(dict.fromkeys(reasons)))


def _plain(text: str) -> tuple[int, int]:
    """The weight of a text without links, and how many signs in it count double."""
    if text.isascii() and "\u20e3" not in text:
        return len(text), 0
    rest, emoji = EMOJI.subn("", text)
    heavy = sum(1 for letter in rest if not _is_light(ord(letter)))
    return len(rest) + heavy + emoji * EMOJI_WEIGHT, heavy + emoji


def _is_light(point: int) -> bool:
    return any(first <= point <= last for first, last in LIGHT)


def fill(text: str, values: Mapping[str, Any]) -> str:
    """The text with its tokens filled in; what is not known is empty."""
    return render(text, values) if "{" in text else text


def token_problem(text: str, values: Mapping[str, Any]) -> str | None:
    """What is wrong with the tokens of a text; None: nothing. Tokens of a person are not known here, and refused."""
    if "{" not in text:
        return None
    try:
        render_strict(text, values)
    except TemplateProblem as problem:
        return str(problem)
    return None
