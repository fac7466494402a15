"""Is the web server up? Asked over HTTP, as a client would."""

import json
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

TIMEOUT_SECONDS = 3
# The answer comes from this machine; a proxy of the environment must not be asked for it.
_opener = build_opener(ProxyHandler({}))


def unready_reason(web_url: str) -> str | None:
    """None when `/readyz` says ready, else why not in a few words."""
    try:
        with _opener.open(f"{web_url}/readyz", timeout=TIMEOUT_SECONDS):
            return None
    except HTTPError as error:
        return _failed_probes(error.read()) or f"/readyz answers {error.code}"
    except (URLError, OSError):
        return "the web server does not answer yet"


def _failed_probes(body: bytes) -> str:
    try:
        probes = json.loads(body)["probes"]
        return "; ".join(f"{name}: {probe['error']}" for name, probe in probes.items() if not probe["ok"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
