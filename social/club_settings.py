"""What a club sets for its posts and promotions: approval, X's ceiling, and the template of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction

from social.costs import ceiling
from social.models import TouchKind
from social.posts import needs_approval
from social.promoting.actions import check_plan, template_of
from social.promoting.audience import checked
from social.promoting.planning import CHANNELS, REMINDER_DAYS, WORDS
from social.texts import token_problem
from tenants.action_log import log_action
from tenants.errors import InvalidError
from tenants.models import Tenant
from tenants.scope import current_tenant_id

MOST_DOLLARS: Final = 100_000
MOST_HELD_OUT: Final = 50
LONGEST: Final = 5_000
# An event of which everything is known: words may name nothing else.
EXAMPLE: Final[dict[str, dict[str, Any]]] = {
    "club": {"name": "the club"},
    "event": {
        "name": "Spring Cup", "clubName": "Fairview", "courseName": "North Course",
        "startsAt": "Saturday 14 March, 07:30", "endsAt": "2026-03-14T17:00:00+02:00", "format": "Stableford",
        "entryFee": "R 250.00", "entryFeeCents": 25_000, "currency": "ZAR", "maxEntries": 120, "handicapMin": 0,
        "handicapMax": 24, "gender": "F", "entriesOpenAt": "2026-02-01T08:00:00+02:00",
        "entriesCloseAt": "Thursday 12 March, 18:00", "withdrawBy": "Friday 13 March, 12:00",
        "url": "https://club.example/cup", "imageUrl": "https://club.example/cup.jpg", "placesLeft": 24,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SocialSettings:
    """`ceiling_dollars` a month at X. `words`: of each kind of touch for which the club has its own."""

    approves_posts: bool = False
    ceiling_dollars: int = 50
    is_on: bool = True
    runs_by_itself: bool = False
    channels: list[str] = field(default_factory=lambda: list(CHANNELS))
    reminder_days: list[int] = field(default_factory=lambda: list(REMINDER_DAYS))
    hold_out_percent: int = 0
    audience: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


def settings_of(tenant: Tenant) -> SocialSettings:
    """The club's own where they are set, else the product's."""
    plan = template_of(tenant)
    given = plan.get("words")
    words: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    held = words.get("holdOutPercent", 0)
    return SocialSettings(
        approves_posts=needs_approval(tenant),
        ceiling_dollars=ceiling(tenant) // 1000,
        is_on=plan.get("isOn", True) is not False,
        runs_by_itself=bool(plan.get("runsByItself")),
        channels=list(plan.get("channels") or CHANNELS),
        reminder_days=list(plan.get("reminderDays", REMINDER_DAYS)),
        hold_out_percent=held if isinstance(held, int) else 0,
        audience=dict(plan.get("audience") or {}),
        words={kind: str(words[kind]) for kind in WORDS if words.get(kind)},
    )


def save_settings(chosen: SocialSettings) -> None:
    """Keep the choice of the open scope's club; plans that are made already stay as they are. Raises InvalidError."""
    _check(chosen)
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=current_tenant_id())
        before = _told(settings_of(tenant))
        held = {"holdOutPercent": chosen.hold_out_percent} if chosen.hold_out_percent else {}
        tenant.settings = {
            **tenant.settings,
            "approvePosts": chosen.approves_posts,
            "xCeilingMills": chosen.ceiling_dollars * 1000,
            "promotion": {
                **template_of(tenant),
                "isOn": chosen.is_on,
                "runsByItself": chosen.runs_by_itself,
                "channels": chosen.channels,
                "reminderDays": chosen.reminder_days,
                "audience": chosen.audience,
                "words": {**chosen.words, **held},
            },
        }
        tenant.save(update_fields=["settings"])
        after = _told(chosen)
        changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        if changes:
            details = {"changes": changes}
            log_action("social.settings", subject_kind="tenant", subject_id=tenant.pk, details=details)


def _check(chosen: SocialSettings) -> None:
    if not chosen.channels:
        raise InvalidError("Choose at least one way to tell people.", field="channels")
    check_plan({"channels": chosen.channels, "reminder_days": chosen.reminder_days})
    if not 0 <= chosen.ceiling_dollars <= MOST_DOLLARS:
        raise InvalidError(f"From 0 to {MOST_DOLLARS:,} dollars a month.", field="ceilingDollars")
    if not 0 <= chosen.hold_out_percent <= MOST_HELD_OUT:
        raise InvalidError(f"From 0 to {MOST_HELD_OUT} per cent.", field="holdOutPercent")
    try:
        checked(chosen.audience)
    except ValueError as error:
        raise InvalidError(str(error), field="audience") from error
    for kind, text in chosen.words.items():
        problem = token_problem(text, EXAMPLE)
        if problem or len(text) > LONGEST:
            words = problem or f"at most {LONGEST:,} characters."
            raise InvalidError(f"{TouchKind(kind).label}: {words}", field="words")


def _told(chosen: SocialSettings) -> dict[str, Any]:
    """Each setting under the name under which the action log tells it."""
    words = {f"words of {TouchKind(kind).label.lower()}": chosen.words.get(kind, "") for kind in WORDS}
    return {
        "approval of posts": chosen.approves_posts,
        "ceiling at x in dollars": chosen.ceiling_dollars,
        "plans for competitions": chosen.is_on,
        "plans run by themselves": chosen.runs_by_itself,
        "channels": chosen.channels,
        "reminder days": chosen.reminder_days,
        "held out in per cent": chosen.hold_out_percent,
        "audience": chosen.audience,
        **{name: text[:300] for name, text in words.items()},
    }
