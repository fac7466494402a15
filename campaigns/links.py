"""Links in content: which there are, and the UTM parameters that tell analytics where a visit came from."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from django.utils.text import slugify

# A web address in text or in an attribute; a trailing full stop or bracket belongs to the sentence.
LINK: Final = re.compile(r"https?://[^\s\"'<>]+[^\s\"'<>.,;:!?)\]}]")
PREFIX: Final = "utm_"
LONGEST: Final = 100


def parameters(*, channel: str, campaign: str, variant: str = "") -> dict[str, str]:
    """utm_source, utm_medium, utm_campaign and, in a test, utm_content."""
    values = {"utm_source": "crm", "utm_medium": channel.lower(), "utm_campaign": slugify(campaign)[:LONGEST]}
    return values | ({"utm_content": variant} if variant else {})


def tagged(url: str, utm: Mapping[str, str]) -> str:
    """The address with the parameters that it does not state itself; one with tokens in its host stays as it is."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or "{" in parts.netloc:
        return url
    stated = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    missing = {name: value for name, value in utm.items() if name not in stated}
    if not missing:
        return url
    query = "&".join(filter(None, (parts.query, urlencode(missing, quote_via=quote))))
    return urlunsplit(parts._replace(query=query))


def without_parameters(url: str) -> str:
    """The address as it was written, without utm parameters."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    kept = [each for each in parts.query.split("&") if each and not each.startswith(PREFIX)]
    return urlunsplit(parts._replace(query="&".join(kept)))


def tag_links(text: str, utm: Mapping[str, str]) -> str:
    """The text with every web address in it tagged."""
    return LINK.sub(lambda match: _tagged_as_written(match.group(), utm), text)


def _tagged_as_written(url: str, utm: Mapping[str, str]) -> str:
    """In HTML an ampersand is written as an entity: as the address does it already."""
    if "&amp;" in url:
        return tagged(url.replace("&amp;", "&"), utm).replace("&", "&amp;")
    return tagged(url, utm)


def links_in(text: str) -> list[str]:
    """Every address once, in order."""
    return list(dict.fromkeys(LINK.findall(text)))
