"""How X counts, shortens and escapes a text; written from its published rules for the stand-in alone."""

import re
import unicodedata
from html import escape
from typing import Final

from social.sandbox.store import Doc, hash_of

LIGHT: Final = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
URL: Final = re.compile(
    r"https?://[^\s<>\"]+|(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|net|club|golf|co|io|app|uk|za)\b(?:/[^\s<>\"]*)?",
    re.IGNORECASE,
)
# Flags, keycaps, then a picture with skin tone, variation and joined pictures.
PICTURE: Final = "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff]"
EMOJI: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|"
    f"{PICTURE}[\U0001f3fb-\U0001f3ff]?\ufe0f?(?:\u200d{PICTURE}[\U0001f3fb-\U0001f3ff]?\ufe0f?)*"
)
LINK_WEIGHT: Final = 23


def weight(text: str) -> int:
    """The weighted length."""
    text = unicodedata.normalize("NFC", text)
    text, links = URL.subn("", text)
    text, pictures = EMOJI.subn("", text)
    return links * LINK_WEIGHT + pictures * 2 + sum(1 if _is_light(ord(letter)) else 2 for letter in text)


def _is_light(point: int) -> bool:
    return any(first <= point <= last for first, last in LIGHT)


def shorten(text: str) -> tuple[str, list[Doc]]:
    """The text with t.co links and HTML escapes, and where each link leads."""
    urls: list[Doc] = []

    def replace(match: re.Match[str]) -> str:
        target = match[0].rstrip(".,;:!?)")
        full = target if target.startswith("http") else f"http://{target}"
        short = f"https://t.co/{hash_of(full)[:10]}"
        urls.append({"url": short, "expanded_url": full, "display_url": full.split("//")[1][:30]})
        return short + match[0][len(target) :]

    told = escape(URL.sub(replace, unicodedata.normalize("NFC", text)), quote=False)
    for one in urls:
        one["start"] = told.find(one["url"])
        one["end"] = one["start"] + len(one["url"])
    return told, urls
