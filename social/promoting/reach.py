"""How many a plan would write to now."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils import timezone

from segments.discretion import parse_asked
from segments.preview import Count, count_quickly
from social.models import Promotion
from social.promoting.audience import rule_of

CONSENT: Final = {"EMAIL": "emailOptIn", "SMS": "smsOptIn", "PUSH": "pushOptIn", "WHATSAPP": "whatsappOptIn"}


def reach_of(promotion: Promotion, channels: Sequence[str]) -> tuple[Count, list[tuple[str, Count]]]:
    """Who fits and has not entered, and how many of them allow each channel; of a large club from a sample.

    Raises InvalidRule where the segment is gone.
    """
    now, rule = timezone.now(), rule_of(promotion)
    if promotion.segment_id:
        rule["rules"].append({"segment": str(promotion.segment_id), "operator": "in"})

    def count(*more: dict[str, Any]) -> Count:
        return count_quickly(parse_asked({**rule, "rules": [*rule["rules"], *more]}), promotion.tenant, now)

    agreed = {one: {"field": CONSENT[one], "operator": "eq", "value": True} for one in channels}
    return count(), [(one, count(leaf)) for one, leaf in agreed.items()]
