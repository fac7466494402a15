"""Network → its client, and the consent that serves it."""

from collections.abc import Mapping
from typing import Final

from social.models import Network
from social.networks.content import Publisher
from social.networks.facebook import Facebook
from social.networks.instagram import Instagram
from social.networks.x import X

META: Final = "META"
X_FAMILY: Final = "X"
# Accounts of Instagram that came by its own login go through an app of that kind.
INSTAGRAM_LOGIN: Final = "INSTAGRAM"
PUBLISHERS: Final[Mapping[str, Publisher]] = {
    Network.FACEBOOK: Facebook(),
    Network.INSTAGRAM: Instagram(),
    Network.TWITTER: X(),
}
FAMILIES: Final[Mapping[str, str]] = {
    Network.FACEBOOK: META,
    Network.INSTAGRAM: META,
    Network.TWITTER: X_FAMILY,
}


def publisher_of(network: str) -> Publisher:
    """The client of a network."""
    return PUBLISHERS[network]
