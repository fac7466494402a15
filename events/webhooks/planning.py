"""The reader of the domain log that sets down which event goes to which endpoint."""

from collections.abc import Sequence
from typing import Final

from django.db import connection

from events import outbound
from events.consumers import Entry
from events.debounce import enqueue_on_commit
from events.models import EndpointStatus, WebhookEndpoint
from events.webhooks import statements as sql
from tenants.models import Tenant

NAME: Final = "webhooks"
DELIVER: Final = "events.deliver_webhooks"


def wants(tenant: Tenant) -> dict[str, None]:
    """What the consumer has a use for: what some endpoint of the club may ask for."""
    endpoints = WebhookEndpoint.objects.filter(status=EndpointStatus.ENABLED)
    named = {name for names in endpoints.values_list("event_types", flat=True) for name in names}
    if not named:
        return {}
    frequent = outbound.frequent_types()
    is_exact = not any(name.endswith(".*") and name != "crm.*" for name in named)
    return {
        kind: None
        for kind, told_as in outbound.types().items()
        if told_as not in frequent or told_as in named or not is_exact
    }


def plan(tenant: Tenant, entries: Sequence[Entry]) -> None:
    """Make the deliveries of a batch in one statement, in the transaction that moves the position."""
    types = outbound.types()
    with connection.cursor() as cursor:
        cursor.execute(
            sql.PLAN,
            {
                "tenant": tenant.pk,
                "log_ids": [entry.id for entry in entries],
                "event_ids": [outbound.event_id(entry) for entry in entries],
                "types": [types[entry.kind] for entry in entries],
                "times": [entry.at for entry in entries],
                "frequent": sorted(outbound.frequent_types()),
            },
        )
        endpoints = [endpoint_id for (endpoint_id,) in cursor.fetchall()]
    for endpoint_id in endpoints:
        enqueue_on_commit(DELIVER, str(endpoint_id))
