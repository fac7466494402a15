"""The club's rules for sending: caps, quiet hours, sender, who delivers."""

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from messaging.models import SendChannel, SendPolicy
from messaging.models.policy import ALL_CHANNELS, policy_of
from tenants.action_log import log_action
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

SPANS = ("day", "week")
MOST = 1000
ROWS = (*SendChannel.choices, (ALL_CHANNELS, "All together"))
TEXTS = ("sender_name", "sender_email", "reply_to", "sms_sender")


@page("messaging/rules/", name="send_rules", right=Right.ADMINISTER)
def send_rules(request: StaffRequest) -> HttpResponse:
    """Show and keep the rules."""
    club = club_of(request)
    policy = policy_of(club)
    problems: dict[str, str] = {}
    if request.method == "POST":
        problems = _take(policy, request.POST)
        if not problems:
            policy.save()
            log_action("club.send_rules_changed", subject_kind="club", subject_id=club.pk)
            messages.success(request, "Kept. The rules hold for whatever is planned from now on.")
            return HttpResponseRedirect(reverse("admin:send_rules"))
    return show(
        request,
        "messaging/rules.html",
        "Sending rules",
        status=422 if problems else 200,
        policy=policy,
        problems=problems,
        backends=SendPolicy.Backend.choices,
        caps=[(channel, label, *(policy.cap(channel, span) for span in SPANS)) for channel, label in ROWS],
    )


def _take(policy: SendPolicy, typed: Any) -> dict[str, str]:
    """Set what was typed; returns field → what is wrong."""
    problems: dict[str, str] = {}
    policy.caps = _caps(typed, problems)
    policy.quiet_from, policy.quiet_until = (
        _time(typed, name, problems) for name in ("quiet_from", "quiet_until")
    )
    if (policy.quiet_from is None) != (policy.quiet_until is None) or (
        policy.quiet_from is not None and policy.quiet_from == policy.quiet_until
    ):
        problems["quiet_from"] = "Give two different times, or none."
    for name in TEXTS:
        setattr(policy, name, str(typed.get(name, "")).strip()[:100])
    for name in ("sender_email", "reply_to"):
        _check_email(name, getattr(policy, name), problems)
    policy.backend = typed.get("backend", SendPolicy.Backend.MESSAGING.value)
    if policy.backend not in SendPolicy.Backend.values:
        problems["backend"] = "Choose who delivers."
    if policy.backend == SendPolicy.Backend.MAIL and not policy.sender_email:
        problems["sender_email"] = "Our own mail server needs the sender's address."
    policy.needs_consent_always = "needs_consent_always" in typed
    return problems


def _caps(typed: Any, problems: dict[str, str]) -> dict[str, dict[str, int]]:
    caps: dict[str, dict[str, int]] = {}
    for channel, _ in ROWS:
        for span in SPANS:
            text = str(typed.get(f"cap_{channel}_{span}", "")).strip()
            if not text:
                continue
            number = whole_number(text, MOST)
            if not number:
                problems["caps"] = f"Caps are whole numbers from 1 to {MOST}; empty means any number."
                continue
            caps.setdefault(channel, {})[span] = number
    return caps


def _time(typed: Any, name: str, problems: dict[str, str]) -> time | None:
    text = str(typed.get(name, "")).strip()
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        problems[name] = "Write a time such as 21:00."
        return None


def _check_email(name: str, value: str, problems: dict[str, str]) -> None:
    try:
        if value:
            validate_email(value)
    except ValidationError:
        problems[name] = "This is no e-mail address."
