"""Every code that a refusal may bear, of all apps: for the API's description and for who translates."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from tenants.declarations import extensions, resolve
from tenants.error_codes import CODES


@cache
def known_codes() -> Mapping[str, str]:
    """Code → meaning; where apps share a code, the words of the lowest floor."""
    found = dict(CODES)
    for extension in extensions().values():
        if extension.error_codes:
            found = {**resolve(extension.error_codes), **found}
    return found


NAMES: Final = sorted(known_codes())
