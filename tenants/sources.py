"""The services that tell of customers; here, on the ground floor, because a key is bound to some of them."""

from typing import Final

SOURCES: Final = ("scl", "teetime", "messaging", "feedback", "facilities", "crm")
