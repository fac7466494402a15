"""What the networks' refusals mean: one table from (network, code, subcode) to who must act and what staff read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final


class Effect(StrEnum):
    """What the machine does about a refusal."""

    FAIL = "FAIL"  # the content or the account must change: no retry
    RECONNECT = "RECONNECT"  # the token is dead: all work of the account stops
    CLOSE = "CLOSE"  # the account's bucket is closed for a while; the job waits
    PAUSE_APP = "PAUSE_APP"  # the same for every account of the app
    RETRY = "RETRY"  # it passes by itself
    UNKNOWN = "UNKNOWN"  # says nothing about whether it was done
    WAIT = "WAIT"  # not ready yet
    REMAKE = "REMAKE"  # what was prepared is gone: prepare it anew
    DUPLICATE = "DUPLICATE"  # the same words are there: ours, or somebody's
    GONE = "GONE"  # deleted on the network


@dataclass(frozen=True, slots=True)
class Meaning:
    """One line of the table: who must act, in what words, and where the button leads."""

    name: str
    effect: Effect
    who: str
    words: str
    button: str = ""
    pause: timedelta = timedelta(0)


STAFF: Final = "You"
ADMIN: Final = "An admin of the club"
OPERATOR: Final = "The operator of the platform"
NOBODY: Final = "Nobody; it passes by itself"
HOUR: Final = timedelta(hours=1)
_ROWS: Final = (
    Meaning("TOKEN_DEAD", Effect.RECONNECT, ADMIN, "The network no longer accepts the connection.", "Connect again"),
    Meaning("TOKEN_EXPIRED", Effect.RECONNECT, ADMIN, "The connection has expired.", "Connect again"),
    Meaning("PASSWORD_CHANGED", Effect.RECONNECT, ADMIN,
            "The person who connected the account has changed their password there.", "Connect again"),
    Meaning("APP_REMOVED", Effect.RECONNECT, ADMIN,
            "Somebody took the platform's permission away on the network.", "Connect again"),
    Meaning("APP_CHANGED", Effect.RECONNECT, ADMIN,
            "The club goes through another app now. Connect the account again.", "Connect again"),
    Meaning("CHECKPOINT", Effect.RECONNECT, "The person who connected the account",
            "The network wants the person to log in there and confirm something first; connecting again does not help "
            "before that.", "Open the network"),
    Meaning("ROLE_LOST", Effect.RECONNECT, "Somebody with a role on the Page",
            "The person who connected the Page has no role on it any more.", "Connect with another person"),
    Meaning("PERMISSION_MISSING", Effect.FAIL, ADMIN,
            "A permission for this is missing. Connect again and leave every box ticked.", "Connect again"),
    Meaning("DATA_ACCESS_ENDED", Effect.RECONNECT, ADMIN,
            "Instagram ends access 90 days after the last log-in. Connect again to go on.", "Connect again"),
    Meaning("ACCOUNT_RESTRICTED", Effect.RECONNECT, "The owner of the account",
            "The network has restricted the account. Open it there to see why.", "Open the network"),
    Meaning("TOO_MANY_CALLS", Effect.CLOSE, NOBODY, "The network asks for a pause; it goes on by itself.",
            pause=timedelta(minutes=15)),
    Meaning("DAY_QUOTA_USED", Effect.CLOSE, NOBODY,
            "The account has published as much as the network allows in 24 hours; it goes on when there is room.",
            pause=HOUR),
    Meaning("BLOCKED", Effect.CLOSE, STAFF,
            "The network has stopped this account for some hours, for too much or for something it does not like. "
            "Trying again makes it longer.", "Open the network", 6 * HOUR),
    Meaning("OUT_OF_CREDIT", Effect.PAUSE_APP, OPERATOR,
            "The platform's credit at X is used up; posts wait until it is topped up.", pause=HOUR),
    Meaning("APP_THROTTLED", Effect.PAUSE_APP, NOBODY, "The network asks the whole platform for a pause.",
            pause=timedelta(minutes=10)),
    Meaning("SERVICE_DOWN", Effect.UNKNOWN, NOBODY, "The network has a problem of its own."),
    Meaning("MEDIA_NOT_FETCHED", Effect.RETRY, NOBODY, "The network could not fetch the file from us."),
    Meaning("NOT_PREPARED", Effect.FAIL, STAFF,
            "The network was still preparing the file after an hour. Nothing is out, and it is safe to try again.",
            "Try again"),
    Meaning("NOT_READY", Effect.WAIT, NOBODY, "The network is still preparing the file."),
    Meaning("CONTAINER_GONE", Effect.REMAKE, NOBODY, "What was prepared has expired and is made anew."),
    Meaning("DUPLICATE", Effect.DUPLICATE, STAFF, "The same words were posted just before. Change them.",
            "Edit the post"),
    Meaning("MEDIA_INVALID", Effect.FAIL, STAFF, "The network does not take this picture or video.", "Edit the post"),
    Meaning("TEXT_INVALID", Effect.FAIL, STAFF, "The network does not take this text.", "Edit the post"),
    Meaning("LINK_INVALID", Effect.FAIL, STAFF, "The network does not take this link.", "Edit the post"),
    Meaning("CONTENT_REFUSED", Effect.FAIL, STAFF, "The network refuses what the post says.", "Edit the post"),
    Meaning("REPLY_NOT_ALLOWED", Effect.FAIL, NOBODY, "X did not allow the first comment."),
    Meaning("GONE", Effect.GONE, STAFF, "It was deleted on the network."),
    Meaning("VERSION_DEAD", Effect.PAUSE_APP, OPERATOR, "The platform speaks a version that the network has ended.",
            pause=HOUR),
    Meaning("METRIC_DEAD", Effect.FAIL, NOBODY, "The network does not know this number any more."),
    Meaning("REFUSED", Effect.FAIL, STAFF, "The network refused the post.", "Edit the post"),
    Meaning("LOOKED_IN_VAIN", Effect.FAIL, STAFF,
            "The network gave no clear answer, and the post was not found there. It is safe to try again.",
            "Try again"),
    Meaning("COMMENT_LOST", Effect.FAIL, STAFF,
            "The post is out, but its first comment was not found there. It is safe to write it again.",
            "Write the comment again"),
    Meaning("NO_CONNECTION", Effect.RETRY, NOBODY, "The network could not be reached."),
    Meaning("WORKER_DIED", Effect.FAIL, OPERATOR,
            "Every program that worked on it broke down, so nobody tries it any more. Nothing of it is out. A very "
            "large file is the usual reason.", "Edit the post"),
    Meaning("WORKER_DIED_LOOKING", Effect.UNKNOWN, STAFF,
            "Nobody knows whether it is out: every program that looked on the network broke down. Look there, and say "
            "what you found.", "Open the network"),
    Meaning("COMMENT_WORKER_DIED", Effect.FAIL, OPERATOR,
            "The post is out, but every program that wrote its first comment broke down. Look there before you write "
            "it again.", "Write the comment again"),
    Meaning("BROKEN", Effect.RETRY, OPERATOR, "The post could not be made into what the network takes.",
            "Edit the post"),
)  # fmt: skip
MEANINGS: Final[Mapping[str, Meaning]] = {row.name: row for row in _ROWS}

# Meta: (code, subcode) first, then the code alone, then ranges.
META: Final[Mapping[tuple[int, int | None], str]] = {
    (1, None): "SERVICE_DOWN", (2, None): "SERVICE_DOWN",
    (4, None): "APP_THROTTLED", (4, 2207051): "BLOCKED",
    (17, None): "TOO_MANY_CALLS", (32, None): "TOO_MANY_CALLS", (341, None): "TOO_MANY_CALLS",
    (613, None): "TOO_MANY_CALLS",
    (102, None): "TOKEN_DEAD", (190, None): "TOKEN_DEAD", (190, 463): "TOKEN_EXPIRED",
    (190, 460): "PASSWORD_CHANGED", (190, 467): "TOKEN_DEAD", (190, 458): "APP_REMOVED",
    (190, 459): "CHECKPOINT", (190, 464): "CHECKPOINT", (190, 492): "ROLE_LOST",
    (3, None): "PERMISSION_MISSING", (10, None): "PERMISSION_MISSING",
    (100, None): "REFUSED", (100, 33): "GONE", (100, 21): "REFUSED", (21, None): "REFUSED",
    (324, None): "MEDIA_INVALID", (389, None): "MEDIA_NOT_FETCHED", (382, None): "MEDIA_INVALID",
    (6000, None): "MEDIA_INVALID", (6001, None): "MEDIA_INVALID", (1363008, None): "MEDIA_NOT_FETCHED",
    (368, None): "BLOCKED", (506, None): "DUPLICATE", (1609005, None): "LINK_INVALID", (2635, None): "VERSION_DEAD",
    (1, 1366046): "MEDIA_INVALID", (100, 1366046): "MEDIA_INVALID", (100, 1366051): "REFUSED",
    (100, 1390008): "TOO_MANY_CALLS", (368, 1390008): "BLOCKED", (100, 1346003): "CONTENT_REFUSED",
    (100, 1404006): "CHECKPOINT", (200, 1404078): "PERMISSION_MISSING", (100, 1404102): "CONTENT_REFUSED",
    (100, 1404112): "ACCOUNT_RESTRICTED", (100, 1609008): "LINK_INVALID", (100, 2061006): "LINK_INVALID",
    (100, 4854002): "CHECKPOINT",
    (-2, 2207003): "MEDIA_NOT_FETCHED", (9004, 2207052): "MEDIA_NOT_FETCHED", (-2, 2207020): "CONTAINER_GONE",
    (24, 2207008): "CONTAINER_GONE", (-1, 2207001): "SERVICE_DOWN", (-1, 2207032): "SERVICE_DOWN",
    (-1, 2207053): "SERVICE_DOWN", (9007, 2207027): "NOT_READY", (9, 2207042): "DAY_QUOTA_USED",
    (25, 2207050): "ACCOUNT_RESTRICTED", (24, 2207006): "GONE", (36000, 2207004): "MEDIA_INVALID",
    (36001, 2207005): "MEDIA_INVALID", (36003, 2207009): "MEDIA_INVALID", (36004, 2207010): "TEXT_INVALID",
    (352, 2207026): "MEDIA_INVALID", (100, 2207028): "MEDIA_INVALID", (100, 2207040): "TEXT_INVALID",
    (100, 2207023): "MEDIA_INVALID", (1, 2207057): "MEDIA_INVALID", (-1, 2207073): "REFUSED",
}  # fmt: skip
PERMISSION_CODES: Final = range(200, 300)
USE_CASE_CODES: Final = range(80_000, 80_100)
PAYMENT_REQUIRED, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, GONE, THROTTLED = 402, 401, 403, 404, 410, 429
REQUEST_TIMEOUT, SERVER_ERROR = 408, 500
# Signs in what X says, in the order in which they are looked for.
X_FORBIDDEN: Final = (
    ("duplicate content", "DUPLICATE"),
    ("user-suspended", "ACCOUNT_RESTRICTED"),
    ("suspended", "ACCOUNT_RESTRICTED"),
    ("locked", "CHECKPOINT"),
    ("usage-capped", "APP_THROTTLED"),
    ("cashtag", "TEXT_INVALID"),
    ("video", "MEDIA_INVALID"),
)
X_INVALID: Final = (
    ("media id", "MEDIA_INVALID"),
    ("media type", "MEDIA_INVALID"),
    ("file size", "MEDIA_INVALID"),
    ("too long", "TEXT_INVALID"),
    ("invalid url", "LINK_INVALID"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A refusal, understood. `retry_after`: seconds that the network asked for, None where it said nothing."""

    meaning: Meaning
    code: str
    message: str = ""
    trace: str = ""
    status: int = 0
    retry_after: float | None = None


def verdict(name: str, code: str = "", message: str = "", **more: Any) -> Verdict:
    """A verdict of our own."""
    return Verdict(MEANINGS[name], code or name, message, **more)


def number(value: object) -> int | None:
    """A code: networks send integers and strings alike."""
    try:
        return int(str(value))
    except ValueError:
        return None


def meta_verdict(status: int, body: Mapping[str, Any], retry_after: float | None = None) -> Verdict:
    """What an error envelope of the Graph means; never by its text."""
    error = body.get("error")
    error = error if isinstance(error, dict) else {}
    code, subcode = number(error.get("code")), number(error.get("error_subcode"))
    name = "SERVICE_DOWN" if error.get("is_transient") is True else _meta_name(code, subcode, status)
    said = str(error.get("error_user_msg") or error.get("message") or "")
    label = f"{code}/{subcode}" if subcode is not None else str(code if code is not None else status)
    return Verdict(
        MEANINGS[name], label, said[:1000], str(error.get("fbtrace_id") or ""), status, retry_after
    )


def _meta_name(code: int | None, subcode: int | None, status: int) -> str:
    if code is None:
        return (
            "SERVICE_DOWN"
            if status >= SERVER_ERROR
            else "TOO_MANY_CALLS"
            if status == THROTTLED
            else "REFUSED"
        )
    found = META.get((code, subcode)) or META.get((code, None))
    if found:
        return found
    if code in PERMISSION_CODES:
        return "PERMISSION_MISSING"
    return "TOO_MANY_CALLS" if code in USE_CASE_CODES else "REFUSED"


def x_verdict(status: int, body: Mapping[str, Any], retry_after: float | None = None) -> Verdict:
    """What a problem of X means: by status, and by type or detail where one status says several things."""
    detail = str(body.get("detail") or "")
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        detail = f"{detail} {errors[0].get('message', '')}".strip()
    signs = f"{body.get('type', '')} {body.get('title', '')} {detail}".lower()
    return Verdict(MEANINGS[_x_name(status, signs)], str(status), detail[:1000], "", status, retry_after)


def _x_name(status: int, signs: str) -> str:
    if status == PAYMENT_REQUIRED:
        return "OUT_OF_CREDIT"
    if status == UNAUTHORIZED:
        return "TOKEN_EXPIRED"
    if status in (NOT_FOUND, GONE):
        return "GONE"
    if status == THROTTLED:
        return "TOO_MANY_CALLS"
    if status >= SERVER_ERROR or status == REQUEST_TIMEOUT:
        return "SERVICE_DOWN"
    signs_of = X_FORBIDDEN if status == FORBIDDEN else X_INVALID
    found = next((name for sign, name in signs_of if sign in signs), None)
    return found or ("PERMISSION_MISSING" if status == FORBIDDEN else "REFUSED")
