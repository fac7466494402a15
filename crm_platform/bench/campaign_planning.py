"""Planning a tenth of a large club, and counting what came of it, each against bare SQL of the same run."""

import time
from typing import Any, Final, LiteralString

from django.db import connection as django_connection
from django.db import transaction
from django.utils import timezone

from campaigns.editing import create_campaign
from campaigns.models import Campaign, CampaignOccurrence
from campaigns.planning import first_plan, plan
from campaigns.results import COUNT
from crm_platform.bench.campaign_people import join
from crm_platform.bench.database import Connection, expect, one_row, settle
from crm_platform.bench.figures import Figure, duration
from crm_platform.bench.setting import Setting
from messaging.models import SendPolicy
from segments.models import Segment, SegmentType
from tenants.models import Tenant
from tenants.scope import tenant_scope

PLAN_MS: Final = 5_000
PLAN_RATIO: Final = 2.5
# For the hundred thousand recipients of the requirement; in proportion for fewer.
RECIPIENTS: Final = 100_000
COPY_ROWS: Final[LiteralString] = "CREATE UNLOGGED TABLE bench_rows AS SELECT * FROM messaging_delivery"
BARE: Final[LiteralString] = "INSERT INTO messaging_delivery SELECT * FROM bench_rows"
TABLES: Final = ("profiles_customerprofile", "segments_segmentmember", "messaging_delivery")
HEARD: Final[LiteralString] = """
UPDATE messaging_delivery SET status = 'DELIVERED', handed_over_at = now(), delivered_at = now(),
       opened_at = CASE WHEN id % 3 = 0 THEN now() END, clicked_at = CASE WHEN id % 20 = 0 THEN now() END
WHERE status = 'PLANNED'
"""
BARE_COUNT: Final[LiteralString] = "SELECT variant, count(*) FROM messaging_delivery GROUP BY variant"


def planning(setting: Setting, tenant: Tenant, connection: Connection) -> list[Figure]:
    """Consent, caps, one copy per mailbox, hold-out, two variants and the zones of people are all asked for."""
    people = setting.sizes.people
    recipients = max(people // 10, 1)
    campaign, occurrence = _campaign(connection, tenant, recipients)
    settle(connection, *TABLES)
    setting.reporter.note("planning")
    took = min(_plan(campaign, occurrence, tenant, recipients, connection) for _ in range(2))
    bare = _bare(connection, recipients)
    counting = _count(connection, campaign, tenant)
    settle(connection, "messaging_delivery")
    bare_count = _timed(connection, BARE_COUNT)
    share = recipients / RECIPIENTS
    words = f"{recipients:,} recipients of {people:,} profiles"
    return [
        duration(
            "campaigns",
            f"plan {words}",
            took,
            baseline_ms=bare,
            most_ms=min(PLAN_MS * share, PLAN_RATIO * bare),
        ),
        duration("campaigns", f"count what {recipients:,} did", counting, baseline_ms=bare_count),
    ]


def _campaign(connection: Connection, tenant: Tenant, recipients: int) -> tuple[Campaign, CampaignOccurrence]:
    now = timezone.now()
    with tenant_scope(tenant):
        SendPolicy.objects.update_or_create(
            tenant=tenant, defaults={"caps": {"ALL": {"day": 2, "week": 5}}, "updated_at": now}
        )
        segment = Segment.objects.create(
            tenant=tenant, name="Bench", type=SegmentType.STATIC, created_at=now, updated_at=now
        )
        join(connection, tenant.pk, segment.pk, recipients)
        campaign = create_campaign(
            {
                "name": "Bench",
                "channels": ["EMAIL", "SMS"],
                "content": {
                    "EMAIL": {"subject": "Hi", "body": "Hello {{ firstName }}"},
                    "SMS": {"body": "Hello"},
                },
                "segment_ids": [segment.pk],
                "hold_out_percent": 10,
                "window": "OWN_ZONE",
                "variants": [{"label": "A"}, {"label": "B", "content": {"EMAIL": {"subject": "Hey"}}}],
            }
        )
        occurrence = CampaignOccurrence(tenant=tenant, campaign=campaign, number=1, hour=now)
    return campaign, occurrence


def _plan(
    campaign: Campaign,
    occurrence: CampaignOccurrence,
    tenant: Tenant,
    recipients: int,
    connection: Connection,
) -> float:
    """Milliseconds, the commit included; into an empty ledger each time."""
    connection.execute("TRUNCATE messaging_delivery")
    with tenant_scope(tenant):
        began = time.perf_counter()
        with transaction.atomic():
            outcome = plan(first_plan(campaign, occurrence, tenant, timezone.now()))
        took = (time.perf_counter() - began) * 1000
    expect("rows planned", outcome.written, recipients)
    return took


def _bare(connection: Connection, recipients: int) -> float:
    """The same rows, finished, into the same table with its indexes."""
    connection.execute(COPY_ROWS)
    took = []
    for _ in range(2):
        connection.execute("TRUNCATE messaging_delivery")
        took.append(_timed(connection, BARE))
    (found,) = one_row(connection, "SELECT count(*) FROM messaging_delivery")
    expect("rows inserted", found, recipients)
    return min(took)


def _timed(connection: Connection, statement: LiteralString) -> float:
    began = time.perf_counter()
    connection.execute(statement)
    return (time.perf_counter() - began) * 1000


def _count(connection: Connection, campaign: Campaign, tenant: Tenant) -> float:
    """One turn of the counters: the whole occurrence from the ledger."""
    connection.execute(HEARD)
    settle(connection, "messaging_delivery")
    parameters: dict[str, Any] = {"tenant": tenant.pk, "campaign": campaign.pk, "occurrence": "1"}
    with tenant_scope(tenant), django_connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(COUNT, parameters)
        return (time.perf_counter() - began) * 1000
