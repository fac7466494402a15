"""Campaigns of the demo's clubs: one that goes out at once, one that is to come, one each week, one draft."""

from datetime import datetime, time, timedelta
from typing import Any, Final

from django.utils import timezone

from campaigns.actions import schedule_campaign
from campaigns.editing import create_campaign
from campaigns.models import Campaign
from messaging.clocks import instant
from tenants.models import Tenant

MEMBERS: Final = {
    "combinator": "AND",
    "rules": [{"field": "membershipTier", "operator": "isNotNull"}],
}
NEWS: Final = {
    "name": "News from the course",
    "channels": ["EMAIL", "SMS"],
    "rule": MEMBERS,
    "hold_out_percent": 10,
    "goal": "BOOKED",
    "content": {
        "EMAIL": {
            "subject": "The greens are back, {{ firstName | default: 'golfer' }}",
            "body": "Hello {{ firstName | default: 'golfer' }},\n\nthe new greens are open. Book your next round at "
            "https://club.example/book\n\n{{ club.name }}",
        },
        "SMS": {"body": "{{ club.name }}: the new greens are open. https://club.example/book"},
    },
    "variants": [
        {"label": "A"},
        {"label": "B", "content": {"EMAIL": {"subject": "Play the new greens first"}}},
    ],
}
OPEN: Final = {
    "name": "Invitation to the Summer Open",
    "channels": ["EMAIL"],
    "rule": MEMBERS,
    "goal": "ENTERED",
    "goal_days": 14,
    "window": "OWN_ZONE",
    "content": {
        "EMAIL": {
            "subject": "Summer Open: your place is waiting",
            "body": "Dear {{ firstName | default: 'golfer' }},\n\nentries are open: https://club.example/summer-open",
        }
    },
}
TEE_TIMES: Final = {
    "name": "Free tee times this weekend",
    "type": "RECURRING",
    "recur_pattern": "0 17 * * 4",
    "channels": ["EMAIL"],
    "rule": MEMBERS,
    "goal": "BOOKED",
    "goal_days": 3,
    "content": {"EMAIL": {"subject": "Still free on Saturday", "body": "https://club.example/book"}},
}
DRAFT: Final = {"name": "Renewal reminder", "channels": ["EMAIL", "SMS"], "goal": "RENEWED", "goal_days": 30}


def furnish(tenant: Tenant) -> None:
    """Make them once; needs the tenant's scope."""
    if Campaign.objects.exists():
        return
    schedule_campaign(_made(NEWS).pk)
    day = timezone.now().astimezone(tenant.zone).date() + timedelta(days=3)
    schedule_campaign(_made(OPEN).pk, instant(datetime.combine(day, time(9)), tenant.zone))
    schedule_campaign(_made(TEE_TIMES).pk)
    _made(DRAFT)


def _made(values: dict[str, Any]) -> Campaign:
    return create_campaign(values)
