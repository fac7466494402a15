"""How a draft looks to real members, channel beside channel; unknown tokens are told with their place."""

from collections.abc import Iterator
from typing import Any, Final

from campaigns.audience import sample_of
from campaigns.models import Campaign, CampaignChannel
from campaigns.texts import Arm, arms_of
from messaging.composing import club_values
from messaging.readers import reader_of
from messaging.rendering import TemplateProblem, render_strict, values_for
from messaging.templates import Templates, templates_of
from profiles.models import CustomerProfile
from profiles.representation import customer_fields
from tenants.admin.pages import uuid_or_none
from tenants.models import Tenant

MOST_MEMBERS: Final = 6
SMS_LENGTH: Final = 160


def previews_of(campaign: Campaign, club: Tenant, member: str) -> dict[str, Any]:
    """Values for `previews.html`: the members to choose from, and each arm and channel for the chosen one."""
    ids = sample_of(campaign, MOST_MEMBERS) if campaign.segment_ids or campaign.rule else []
    members = list(CustomerProfile.objects.filter(pk__in=ids).order_by("pk"))
    if not members:
        members = list(CustomerProfile.objects.filter(status="ACTIVE").order_by("pk")[:MOST_MEMBERS])
    wanted = uuid_or_none(member)
    chosen = next((one for one in members if one.pk == wanted), members[0] if members else None)
    values = _values(chosen, club) if chosen else {}
    arms = arms_of(campaign)
    templates = templates_of(club) if any(arm.templates for arm in arms) else Templates(())
    return {
        "members": members,
        "member": chosen,
        "previews": [each for arm in arms for each in _of_arm(arm, values, templates)] if chosen else [],
        "is_test": campaign.variants.exists(),
    }


def _values(member: CustomerProfile, club: Tenant) -> dict[str, Any]:
    return values_for(customer_fields(member), club=club_values(club), reader=reader_of(club))


def _of_arm(arm: Arm, values: dict[str, Any], templates: Templates) -> Iterator[dict[str, Any]]:
    for channel in arm.channels:
        text = arm.texts.get(channel, {})
        shown: dict[str, Any] = {"label": arm.label, "channel": CampaignChannel(channel)}
        if template_id := arm.templates.get(channel, ""):
            template = templates.find(template_id)
            shown["template"] = (template and template.name) or template_id
            text = {"subject": template.subject, "body": template.body} if template else {}
        try:
            shown |= {
                part: render_strict(text.get(part, ""), values, part=part, is_html=part == "html")
                for part in ("subject", "body", "html")
            }
        except TemplateProblem as problem:
            shown["problem"] = str(problem)
        body = shown.get("body", "")
        if channel == CampaignChannel.SMS:
            shown["note"] = f"{len(body)} characters, {max(1, -(-len(body) // SMS_LENGTH))} SMS"
        yield shown
