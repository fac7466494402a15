"""Small journeys for tests, as the API would get them."""

from typing import Any

Json = dict[str, Any]


def step(step_id: str, kind: str, *, to: str | None = None, **fields: Any) -> Json:
    """A step with one way out, or with the `ways` that are given."""
    return {"id": step_id, "kind": kind, "ways": {"next": to}, **fields}


def send(step_id: str, *, to: str | None = None, **fields: Any) -> Json:
    """A mail with a text of its own."""
    return step(step_id, "SEND", to=to, **{"subject": "Hello", "text": f"Text of {step_id}", **fields})


def wait(step_id: str, amount: int = 1, unit: str = "DAYS", *, to: str | None = None) -> Json:
    """A wait of a length."""
    return step(step_id, "WAIT", to=to, until={"mode": "DURATION", "amount": amount, "unit": unit})


def until_date(step_id: str, field: str, offset: int, *, to: str | None = None, **fields: Any) -> Json:
    """A wait until nine o'clock so many days from a date."""
    until = {"mode": "DATE", "field": field, "offset": offset, "at": "09:00", **fields}
    return step(step_id, "WAIT", to=to, until=until)


def ask(step_id: str, *, yes: str | None = None, no: str | None = None, **fields: Any) -> Json:
    """A condition."""
    return {"id": step_id, "kind": "CONDITION", "ways": {"yes": yes, "no": no}, **fields}


def leave(step_id: str, reason: str = "") -> Json:
    """An exit."""
    return {"id": step_id, "kind": "EXIT", "ways": {}, "reason": reason}


def journey(*steps: Json, triggers: list[Json] | None = None, **fields: Any) -> Json:
    """A definition that starts with its first step; by hand where no trigger is given."""
    return {
        "triggers": [{"kind": "MANUAL"}] if triggers is None else triggers,
        "start": steps[0]["id"] if steps else None,
        "steps": list(steps),
        **fields,
    }


def on_event(event: str, key: str | None = None, **fields: Any) -> Json:
    """A trigger by an event."""
    return {"kind": "EVENT", "event": event, "key": key, **fields}
