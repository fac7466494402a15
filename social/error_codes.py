"""Codes of refusals of social publishing, for programs, each with its meaning."""

from collections.abc import Mapping
from typing import Final

from social.networks.errors import MEANINGS

CODES: Final[Mapping[str, str]] = {
    **{name: meaning.words for name, meaning in MEANINGS.items()},
    "COMMENT_PENDING": "The first comment is on its way.",
    "CONSENT_INVALID": "The answer belongs to no connection that was begun here.",
    "CONSENT_REFUSED": "The connection was not made.",
    "ILLEGAL_STATE": "The state does not allow it; `params` name both.",
    "MEDIA_IN_USE": "A post uses the file.",
    "MEDIA_UNFIT": "The file cannot be used.",
    "NOT_POSSIBLE": "The network does not allow it.",
    "OWN_POST": "A second person must approve.",
    "POST_UNFIT": "The post does not fit a network; `details` say where.",
    "STORAGE_AWAY": "The store of files is away.",
    "X_CEILING": "The month's ceiling at X would be passed.",
}
