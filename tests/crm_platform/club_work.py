"""What a club does in its life, each piece by the product's own functions; every function needs the club's scope."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from campaigns.editing import create_campaign
from campaigns.models import CampaignOccurrence
from campaigns.planning import first_plan, plan
from crm_platform.bench.imports import HEADER, import_rows
from crm_platform.bench.journeys_setup import mixed_journey
from crm_platform.bench.mix import mixed_events
from crm_platform.bench.segment_club import BOOKED, leaf
from crm_platform.bench.segment_refreshes import refresh_now
from events.envelope import receive
from events.inbox import accept
from events.models import Door
from journeys.engine.passing import move_due
from journeys.models import Run, RunStatus
from messaging.models import Delivery, SendPolicy
from messaging.sending import send_due
from profiles.exchange.exporting.files import ExportFormat, export_customers
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile, ErasureReason
from profiles.privacy.erasing import erase_customer
from profiles.reading import CustomerFilter, list_customers
from profiles.scoring.log_consumer import score_touched
from profiles.timeline import read_timeline
from profiles.unmerging import unmerge_profiles
from segments.actions import Draft, create_segment
from segments.models import Segment
from tenants.models import Tenant
from tests.crm_platform.new_club import read_log, work_off
from tests.profiles.importing.acts import brought_in, taken_back

# Everybody is in the first.
RULES: Final = (leaf("email", "isNotNull"), BOOKED, leaf("engagementScore", "gte", 1))
EVERYBODY: Final = "Segment 0"
ROWS: Final = 300


def refresh_segments(tenant: Tenant, _people: int) -> None:
    """For the first time, and again."""
    made = [
        create_segment(Draft(name=f"Segment {number}", criteria=rule, refresh_frequency="MANUAL")).pk
        for number, rule in enumerate(RULES)
    ]
    refresh_now(tenant, made)
    refresh_now(tenant, made)


def enrol_everybody(tenant: Tenant, _people: int) -> None:
    """In one journey by what they do, in another because they are in a segment."""
    segment = {"kind": "SEGMENT", "segment": str(_everybody()), "include_members": True}
    mixed_journey("By event", sends=True, triggers=[{"kind": "EVENT", "event": "TEETIME_BOOKED"}])
    mixed_journey("By segment", sends=True, triggers=[segment])
    read_log(tenant)


def move_runs(tenant: Tenant, people: int) -> None:
    """To the first wait, and through all steps to the last."""
    steps = 0
    for _ in range(2):
        Run.objects.filter(status=RunStatus.WAITING).update(due_at=timezone.now())
        steps += move_due(now=timezone.now(), seconds=60)
    assert steps >= people


def take_few_events(tenant: Tenant, people: int) -> None:
    """With all consumers."""
    _events(tenant, people, 200)


def take_batch(tenant: Tenant, people: int) -> None:
    """As large as they come in."""
    _events(tenant, people, 2_000)


def plan_campaign(tenant: Tenant, people: int) -> None:
    """For everybody, with caps, a hold-out and variants."""
    now = timezone.now()
    CustomerProfile.objects.update(email_opt_in=True)
    SendPolicy.objects.update_or_create(
        tenant=tenant, defaults={"caps": {"ALL": {"day": 2, "week": 5}}, "updated_at": now}
    )
    mail = {"subject": "Hi", "body": "Hello {{ firstName }}"}
    campaign = create_campaign(
        {
            "name": "Open day",
            "channels": ["EMAIL", "SMS"],
            "content": {"EMAIL": mail, "SMS": {"body": "Hello"}},
            "segment_ids": [_everybody()],
            "hold_out_percent": 10,
            "window": "OWN_ZONE",
            "variants": [{"label": "A"}, {"label": "B", "content": {"EMAIL": mail | {"subject": "Hey"}}}],
        }
    )
    occurrence = CampaignOccurrence(tenant=tenant, campaign=campaign, number=1, hour=now)
    with transaction.atomic():
        outcome = plan(first_plan(campaign, occurrence, tenant, now))
    assert outcome.candidates >= people - 1


def send(tenant: Tenant, people: int) -> None:
    """What is planned, and let everybody hear of it."""
    Delivery.objects.filter(status="PLANNED").update(due_at=timezone.now())
    report = send_due(seconds=60, batch=200)
    assert report.settled["HANDED_OVER"] > people / 2
    read_log(tenant)


def merge_and_part(tenant: Tenant, _people: int) -> None:
    """Three people, of whom one is parted again."""
    first, second, third = _some(3)
    merge_profiles(first, second)
    merge_profiles(first, third)
    unmerge_profiles(second)
    read_log(tenant)


def erase(tenant: Tenant, _people: int) -> None:
    """Somebody."""
    erase_customer(_some(1)[0], reason=ErasureReason.GDPR)
    read_log(tenant)


def read(_tenant: Tenant, _people: int) -> None:
    """A page of a list, some of a search, somebody's timeline."""
    assert list(list_customers(CustomerFilter(lifecycle_stage="MEMBER"))[:25])
    assert list(list_customers(CustomerFilter(search="Golfer No12"))[:25])
    assert read_timeline(_some(1)[0]).rows


def export(_tenant: Tenant, _people: int) -> None:
    """Everybody."""
    assert sum(map(len, export_customers(list_customers(CustomerFilter()), ExportFormat.CSV, []).parts))


def import_and_take_back(_tenant: Tenant, people: int) -> None:
    """Half of the rows are about people whom the club knows."""
    rows = [",".join(cells) for block in import_rows(people - ROWS // 2, ROWS) for cells in block]
    taken_back(brought_in(*rows, header=",".join(HEADER), takes_conflicts=True))


def score(tenant: Tenant, _people: int) -> None:
    """Everybody was touched."""
    score_touched(tenant.pk)


def _everybody() -> UUID:
    found: UUID = Segment.objects.get(name=EVERYBODY).pk
    return found


def _some(count: int) -> list[UUID]:
    return list(
        CustomerProfile.objects.filter(status="ACTIVE").order_by("pk").values_list("pk", flat=True)[:count]
    )


def _events(tenant: Tenant, people: int, count: int) -> None:
    now = timezone.now()
    accept([(tenant.pk, receive(event, now=now)) for event in _mix(tenant, people, count)], door=Door.HTTP)
    work_off(tenant, count)
    read_log(tenant)


def _mix(tenant: Tenant, people: int, count: int) -> Iterator[dict[str, Any]]:
    for one in mixed_events(count, people, now=timezone.now(), run=uuid4().hex[:6]):
        yield {**one.event, "tenantId": tenant.slug}
