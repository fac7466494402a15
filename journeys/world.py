"""What the club has, for the checks of a definition."""

from typing import Any
from uuid import UUID

from journeys.definition.checking import World
from journeys.models import Journey, JourneySecret
from messaging.models.policy import policy_of
from messaging.rendering import TemplateProblem, check_text
from profiles.models import CustomerProfile, LifecycleStage
from segments.models import Segment, SegmentType
from segments.rules import InvalidRule, parse
from tenants.models import Tenant
from tenants.scope import current_tenant_id


def world() -> World:
    """The segments, journeys, secrets and rules of the open scope's club."""
    segments = list(Segment.objects.filter(deleted_at__isnull=True).values_list("id", "type"))
    listed = (SegmentType.STATIC, SegmentType.IMPORT)
    policy = policy_of(Tenant.objects.get(pk=current_tenant_id()))
    return World(
        segments={str(pk) for pk, _ in segments},
        static_segments={str(pk) for pk, kind in segments if kind in listed},
        journeys={str(pk) for pk in Journey.objects.exclude(status="ARCHIVED").values_list("id", flat=True)},
        secrets=set(JourneySecret.objects.values_list("name", flat=True)),
        stages=set(LifecycleStage.values),
        check_rule=rule_problem,
        check_text=text_problem,
        has_quiet_hours=policy.has_quiet_hours,
        quiet_hours=(policy.quiet_from, policy.quiet_until)
        if policy.quiet_from and policy.quiet_until
        else None,
        consents=_consents(),
    )


def _consents() -> dict[str, int]:
    """Channel → whether somebody agreed to marketing by it (1) or nobody did (0)."""
    active = CustomerProfile.objects.filter(status="ACTIVE")
    flags = {"EMAIL": "email", "SMS": "sms", "PUSH": "push", "WHATSAPP": "whatsapp"}
    return {
        channel: int(active.filter(**{f"{column}_opt_in": True}).exists())
        for channel, column in flags.items()
    }


def rule_problem(tree: Any) -> str | None:
    """What is wrong with a rule tree; None: nothing."""
    try:
        parse(tree)
    except InvalidRule as error:
        return error.message
    return None


def text_problem(text: str) -> str | None:
    """What is wrong with a Liquid text; None: nothing."""
    try:
        check_text(text)
    except TemplateProblem as error:
        return str(error)
    return None


def segment_names() -> dict[str, str]:
    """Id → name of the club's segments."""
    rows = Segment.objects.filter(deleted_at__isnull=True).order_by("name").values_list("id", "name")
    return {str(pk): name for pk, name in rows}


def names_in_pictures() -> dict[str, str]:
    """Id → name of the club's segments and journeys: what steps and starts may point to."""
    rows = Journey.objects.values_list("id", "name")
    return segment_names() | {str(pk): name for pk, name in rows}


def is_id(text: str) -> bool:
    """Whether a text is a UUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
