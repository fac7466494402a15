"""What each arm of a campaign says on each channel, kept as messages of the ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from campaigns.links import parameters
from campaigns.models import DIRECT_CHANNELS, Campaign, CampaignChannel, CampaignVariant
from messaging.rendering import TemplateProblem, check_names
from messaging.texts import keep_message

ONLY: Final = "A"


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant with the campaign's own values where it says nothing. `texts`: channel → parts or template id."""

    label: str
    weight: int
    channels: tuple[str, ...]
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    delay_minutes: int = 0

    def says(self, channel: str) -> bool:
        """Whether there is anything for the channel."""
        text = self.texts.get(channel, {})
        return bool(self.templates.get(channel) or text.get("body") or text.get("html"))


def arms_of(campaign: Campaign) -> list[Arm]:
    """The variants in order of their letters; a campaign without any has one arm."""
    variants = list(campaign.variants.order_by("label"))
    return [_arm(campaign, each) for each in variants or [CampaignVariant(label=ONLY)]]


def _arm(campaign: Campaign, variant: CampaignVariant) -> Arm:
    direct = [channel for channel in variant.channels or campaign.channels if channel in DIRECT_CHANNELS]
    texts, ids = {}, {}
    for channel in direct:
        own = variant.content.get(channel, {})
        texts[channel] = {**campaign.content.get(channel, {}), **own}
        template = variant.template_ids.get(channel) or ("" if own else campaign.template_id(channel))
        if template:
            ids[channel] = template
    return Arm(variant.label, variant.weight, tuple(direct), texts, ids, variant.delay_minutes)


def missing_texts(arms: Sequence[Arm]) -> Iterator[tuple[str, str]]:
    """Field and words of each channel without anything to say, and of mails without a subject."""
    for arm in arms:
        whose = f" of variant {arm.label}" if len(arms) > 1 else ""
        for channel in arm.channels:
            name = CampaignChannel(channel).label
            if not arm.says(channel):
                yield "content", f"Write the text for {name}{whose}, or choose a template."
            elif channel == CampaignChannel.EMAIL and not (
                arm.templates.get(channel) or arm.texts[channel].get("subject", "").strip()
            ):
                yield "content", f"Write the subject of the mail{whose}."


def unknown_names(arms: Sequence[Arm]) -> Iterator[tuple[str, str]]:
    """Field and words of each text that names what nobody has a value for, and of each that cannot be read."""
    for arm in arms:
        whose = f" of variant {arm.label}" if len(arms) > 1 else ""
        for channel in arm.channels:
            if arm.templates.get(channel):
                continue
            for part, text in arm.texts.get(channel, {}).items():
                try:
                    check_names(text, part=part)
                except TemplateProblem as problem:
                    yield (
                        "content",
                        f"Correct the text for {CampaignChannel(channel).label}{whose}: {problem}",
                    )


def keep_texts(campaign: Campaign, arm: Arm, *, is_test: bool) -> dict[str, UUID]:
    """Channel → id of the kept message, in order of preference; links carry the campaign's UTM parameters."""
    kept = {}
    for channel in arm.channels:
        utm = parameters(channel=channel, campaign=campaign.name, variant=arm.label if is_test else "")
        template = arm.templates.get(channel, "")
        text = {} if template else arm.texts.get(channel, {})
        if not template and not arm.says(channel):
            continue
        message = keep_message(
            channel=channel,
            name=campaign.name,
            template_id=template,
            subject=text.get("subject", "") if channel == CampaignChannel.EMAIL else "",
            body=text.get("body", ""),
            html=text.get("html", "") if channel == CampaignChannel.EMAIL else "",
            utm=utm,
        )
        kept[channel] = message.pk
    return kept
