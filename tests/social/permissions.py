"""Who may publish, connect and promote."""

from typing import Final

from tests.permissions import Row

#                     anon exp read writ admi camp soci even  key  foreign stranger
# Networks have no login: the address itself is signed, and this one is not.
NOWHERE: Final = "     404 404  404  404  404  404  404  404  404  404     404"
REST: Final = (Row("social-media", "GET", "/media/{id}", NOWHERE),)
