"""What the club has, for the checks of a definition."""

from typing import Any
from uuid import UUID

import orjson

from events.webhooks.addresses import split_url
from events.webhooks.errors import AddressRefused
from journeys.definition.checking import World
from journeys.models import Journey, JourneySecret, JourneyVersion, Run
from messaging.models.policy import policy_of
from messaging.rendering import TemplateProblem, check_names
from messaging.templates import templates_of
from profiles.models import CustomerProfile, LifecycleStage
from segments.models import Segment, SegmentType
from segments.rules import InvalidRule, parse
from tenants.models import Tenant
from tenants.scope import current_tenant_id


def world() -> World:
    """The segments, journeys, secrets and rules of the open scope's club."""
    segments = list(Segment.objects.filter(deleted_at__isnull=True).values_list("id", "type"))
    listed = (SegmentType.STATIC, SegmentType.IMPORT)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    policy = policy_of(tenant)
    return World(
        segments={str(pk) for pk, _ in segments},
        static_segments={str(pk) for pk, kind in segments if kind in listed},
        journeys={str(pk) for pk in Journey.objects.exclude(status="ARCHIVED").values_list("id", flat=True)},
        secrets=set(JourneySecret.objects.values_list("name", flat=True)),
        stages=set(LifecycleStage.values),
        templates=_Templates(tenant),
        check_rule=rule_problem,
        check_text=text_problem,
        check_url=url_problem,
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


class _Templates:
    """The service's templates, asked for only where a step names one; all are taken for known while it is away."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def __contains__(self, template: object) -> bool:
        found = templates_of(self.tenant)
        return not found.is_known or found.find(str(template)) is not None


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
        check_names(text)
    except TemplateProblem as error:
        return str(error)
    return None


def url_problem(url: str) -> str | None:
    """What is wrong with the form of an address; None: nothing. Where it leads is looked at with each call."""
    try:
        split_url(url)
    except AddressRefused as error:
        return error.message
    return None


def users_of_segment(segment_id: UUID) -> list[str]:
    """Journeys that name the segment and may still ask for it, in words."""
    live = Journey.objects.filter(version_id__isnull=False).exclude(status="DRAFT").order_by("name")
    versions = set(
        Run.objects.filter(journey_id__in=live.values("pk")).values_list("version_id", flat=True).distinct()
    )
    asked = str(segment_id)
    naming = {
        version.journey_id
        for version in JourneyVersion.objects.filter(journey_id__in=live.values("pk"))
        if asked in orjson.dumps(version.definition).decode()
        and (version.pk in versions or live.filter(version_id=version.pk).exclude(status="ARCHIVED").exists())
    }
    return [f"the journey “{journey.name}”" for journey in live if journey.pk in naming]


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
