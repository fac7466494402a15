"""What Facebook and Instagram share: error envelopes, tokens and their many deaths, limits in headers, lists."""

import hashlib
import hmac
import json
from typing import Any, Final

from social.sandbox.store import Doc, World, hash_of
from social.sandbox.wire import Answer, Refusal, Request

APP_ID: Final = "1200000000000001"
APP_SECRET: Final = "sandbox-meta-secret"  # noqa: S105 - of the stand-in, known to everybody
UNAUTHORISED: Final = 190
PERMISSION: Final = 200
SERVER_CODES: Final = (1, 2)
MINUTE_PROOF: Final = 300
WORDS: Final = {
    460: "The session has been invalidated because the user changed the password.",
    463: "Session has expired.",
    467: "The access token is invalid.",
    458: "The user has not authorized application.",
    459: "You cannot access the app till you log in to www.facebook.com and follow the instructions given.",
    464: "Sessions for the user are not allowed because the user is not a confirmed user.",
    492: "The user must be an administrator, editor, or moderator of the page.",
}


def graph_error(
    world: World,
    code: int,
    message: str,
    *,
    subcode: int | None = None,
    status: int | None = None,
    **more: Any,
) -> Refusal:
    """The envelope of a refusal; the status follows the code unless it is given."""
    by_code = {UNAUTHORISED: 400, PERMISSION: 403} | dict.fromkeys(SERVER_CODES, 500)
    said: Any = str(code) if world.switches["string_codes"] else code
    error: Doc = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": said, **more}
    if subcode is not None:
        error["error_subcode"] = str(subcode) if world.switches["string_codes"] else subcode
    error["fbtrace_id"] = "A" + hash_of(f"{world.now()}{code}")[:16]
    return Refusal(Answer({"error": error}, status or by_code.get(code, 400)))


def token_of(world: World, request: Request) -> Doc:
    """The living token of a request; raises the refusal that fits its state."""
    token = world.store.get("meta_token", request.token_hash) if request.bearer else None
    if token is None:
        raise graph_error(world, UNAUTHORISED, "Invalid OAuth access token.", subcode=467)
    person = world.store.get("person", token["person"]) or {}
    dead = token.get("dead") or person.get("dead")
    if dead:
        raise graph_error(world, UNAUTHORISED, WORDS[dead], subcode=dead)
    if token["expires_at"] and token["expires_at"] <= world.now():
        raise graph_error(world, UNAUTHORISED, WORDS[463], subcode=463)
    check_proof(world, request)
    return token


def check_proof(world: World, request: Request) -> None:
    """`appsecret_proof` by the secret of the app for Facebook Login."""
    check_proof_of(world, request, APP_SECRET)


def check_proof_of(world: World, request: Request, secret: str) -> None:
    """`appsecret_proof`: over the token, or over token|time in the newer form."""
    proof, moment = request.text("appsecret_proof"), request.text("appsecret_time")
    if not proof:
        if world.switches["require_proof"]:
            raise graph_error(world, 100, "API calls from the server require an appsecret_proof argument")
        return
    message = f"{request.bearer}|{moment}" if moment else request.bearer
    wanted = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    is_stale = bool(moment) and (not moment.isdigit() or abs(world.now() - int(moment)) > MINUTE_PROOF)
    if is_stale or not hmac.compare_digest(proof, wanted):
        raise graph_error(world, 100, "Invalid appsecret_proof provided in the API argument")


def check_scope(world: World, token: Doc, *scopes: str) -> None:
    """Refuse a token that lacks one of the scopes; Instagram's end with the access to data."""
    person = world.store.get("person", token["person"]) or {}
    for scope in scopes:
        if scope not in token["scopes"] or scope in person.get("dropped_scopes", []):
            raise graph_error(
                world, PERMISSION, f"Requires {scope} permission to manage the object", status=403
            )
        if scope.startswith("instagram_") and token["data_access_expires_at"] <= world.now():
            raise graph_error(world, 10, "Application does not have permission for this action")


def check_page_role(world: World, token: Doc, page: Doc) -> None:
    """A Page token of this very Page, whose person still has a role."""
    if token["kind"] != "page" or token["page"] != page["id"]:
        raise graph_error(world, PERMISSION, "The call needs an access token of this Page", status=403)
    if page["id"] in (world.store.get("person", token["person"]) or {}).get("lost_pages", []):
        raise graph_error(world, UNAUTHORISED, WORDS[492], subcode=492)


def usage_headers(world: World, kind: str, owner: str) -> dict[str, str]:
    """The headers of every answer, absent or broken where the switch says so."""
    percent = world.switches["usage_percent"]
    if world.switches["headers"] == "off":
        return {}
    if world.switches["headers"] == "broken":
        return {"X-App-Usage": "{not json", "X-Business-Use-Case-Usage": ""}
    usage = {"call_count": percent, "total_cputime": 1, "total_time": 1}
    regain = 5 if percent >= 100 else 0  # noqa: PLR2004 - percent
    case = {owner: [{"type": kind, **usage, "estimated_time_to_regain_access": regain}]}
    return {"X-App-Usage": json.dumps(usage), "X-Business-Use-Case-Usage": json.dumps(case)}


def listing(world: World, request: Request, path: str, rows: list[Doc], default: int = 25) -> Doc:
    """A page of a list with cursors; the last one has no `next`."""
    limit = min(max(1, request.number("limit", default)), 100)
    start = request.number("after", 0)
    page = rows[start : start + limit]
    answer: Doc = {"data": page}
    if page:
        answer["paging"] = {"cursors": {"before": str(start), "after": str(start + len(page))}}
        if start + limit < len(rows):
            version = request.params.get("_version", "v26.0")
            fields = request.text("fields")
            query = f"limit={limit}&after={start + limit}" + (f"&fields={fields}" if fields else "")
            answer["paging"]["next"] = f"{world.base_url}/graph/{version}/{path}?{query}"
    return answer


def chosen(doc: Doc, request: Request, default: tuple[str, ...]) -> Doc:
    """Only the fields that were asked for; `id` always comes."""
    names = field_names(request.text("fields")) or list(default)
    return {
        name: doc[name] for name in dict.fromkeys(["id", *names]) if name in doc and doc[name] is not None
    }


def field_names(text: str) -> list[str]:
    """Names of a field list without what stands in brackets: `a,b{c,d},e.limit(0).summary(true)`."""
    names, depth, word = [], 0, ""
    for letter in text:
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            names.append(word)
            word = ""
        else:
            word += letter
    return [name.split("{")[0].split(".")[0].strip() for name in [*names, word] if name.strip()]
