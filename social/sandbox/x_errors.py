"""Problems as X tells them, and the headers of its limits."""

from typing import Any, Final

from social.sandbox.store import Doc, World
from social.sandbox.wire import Answer, Refusal, Request

WINDOW_SECONDS: Final = 900
PROBLEM: Final = "application/problem+json"
TYPES: Final = "https://api.x.com/2/problems/"
LIMITS: Final = {
    "DELETE tweets": 50, "GET timeline": 900, "GET tweets": 5000, "GET me": 75, "POST media": 1875,
}  # fmt: skip


def problem(status: int, title: str, detail: str, kind: str = "about:blank", **more: Any) -> Refusal:
    """A refusal as application/problem+json."""
    address = kind if kind == "about:blank" else TYPES + kind
    body = {"title": title, "detail": detail, "type": address, "status": status, **more}
    return Refusal(Answer(body, status, content_type=PROBLEM))


def invalid(message: str, **parameters: Any) -> Refusal:
    """A request that does not validate."""
    return problem(
        400,
        "Invalid Request",
        "One or more parameters to your request was invalid.",
        "invalid-request",
        errors=[{"message": message, "parameters": parameters}],
    )


def token_of(world: World, request: Request, *scopes: str) -> Doc:
    """The living token of a request with its user; 401 or 403 else."""
    token = world.store.get("x_token", request.token_hash) if request.bearer else None
    user = world.store.get("x_user", token["user"]) if token else None
    if token is None or user is None or token["until"] <= world.now() or user.get("revoked"):
        raise problem(401, "Unauthorized", "Unauthorized")
    if user.get("suspended"):
        raise problem(403, "Forbidden", "Your account is suspended.", "user-suspended")
    granted = set(token["scope"].split()) - set(user.get("dropped_scopes", []))
    if not granted.issuperset(scopes):
        raise problem(403, "Forbidden", "You are not permitted to perform this action.", "client-forbidden")
    return token


def count_call(world: World, name: str, user: str) -> dict[str, str]:
    """Count a call against its window; 429 past the limit. The headers come with every answer."""
    limit = world.switches["x_post_limit"] if name == "POST tweets" else LIMITS[name]
    key = f"{name}:{user}"
    with world.store.lock:
        window = world.store.get("x_window", key)
        if window is None or window["reset"] <= world.now():
            window = {"reset": world.now() + WINDOW_SECONDS, "used": 0}
        window["used"] += 1
        world.store.put("x_window", key, window)
    headers = _headers(world, limit, window)
    if window["used"] > limit:
        refusal = problem(429, "Too Many Requests", "Too Many Requests")
        refusal.answer.headers |= headers
        raise refusal
    return headers


def _headers(world: World, limit: int, window: Doc) -> dict[str, str]:
    if world.switches["headers"] == "off":
        return {}
    if world.switches["headers"] == "broken":
        return {"x-rate-limit-limit": "many", "x-rate-limit-remaining": ""}
    return {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(max(0, limit - window["used"])),
        "x-rate-limit-reset": str(int(window["reset"])),
    }
