"""Filters of the customer list: those in a segment, those whom an ad-hoc rule means."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from profiles.discretion import check_sees_money, sees_money
from profiles.models import CustomerProfile
from segments.actions import get_segment, list_segments
from segments.compiler import compile as compile_rule
from segments.discretion import check_may_read, money_segments, parse_asked
from segments.errors import SegmentNotFound
from tenants.directory import tenant_by_id
from tenants.errors import InvalidError
from tenants.scope import current_tenant_id

TABLE = "profiles_customerprofile"
MEMBER = f"""EXISTS (
    SELECT FROM segments_segmentmember AS m
    WHERE m.tenant_id = {TABLE}.tenant_id AND m.segment_id = %s AND m.profile_id = {TABLE}.id)"""

OPEN = "open"
# By the latest word about each complaint, and the small index that scoring keeps.
COMPLAINING = f"""{TABLE}.id IN (
    SELECT latest.profile_id FROM (
        SELECT DISTINCT ON (a.profile_id, a.metadata ->> 'complaintId') a.profile_id, a.type FROM profiles_activity AS a
        WHERE a.tenant_id = %s AND a.type IN ('COMPLAINT_OPENED', 'COMPLAINT_CLOSED')
        ORDER BY a.profile_id, a.metadata ->> 'complaintId', a.occurred_at DESC, a.id DESC) AS latest
    WHERE latest.type = 'COMPLAINT_OPENED')"""


def in_segment(customers: QuerySet[CustomerProfile], text: str) -> QuerySet[CustomerProfile]:
    """Stored members; raises SegmentNotFound, MoneyHidden."""
    try:
        segment = get_segment(UUID(text.strip()))
    except ValueError:
        raise SegmentNotFound from None
    check_may_read(segment)
    return customers.extra(where=[MEMBER], params=[str(segment.pk)])  # noqa: S610 - parameters only


def by_rule(customers: QuerySet[CustomerProfile], text: str) -> QuerySet[CustomerProfile]:
    """Whom the tree means now; raises InvalidRule, MoneyHidden."""
    tenant = tenant_by_id(current_tenant_id())
    sql, values = compile_rule(parse_asked(text), tenant, timezone.now()).aliased(TABLE).positional()
    return customers.extra(where=[sql], params=values)  # noqa: S610 - parameters only


def by_complaint(customers: QuerySet[CustomerProfile], text: str) -> QuerySet[CustomerProfile]:
    """Those of whose complaints one is open; raises InvalidError for any other word, MoneyHidden."""
    if text != OPEN:
        raise InvalidError(f"Write {OPEN}.", field="complaint")
    check_sees_money()
    return customers.extra(where=[COMPLAINING], params=[str(current_tenant_id())])  # noqa: S610 - parameters only


def segment_options() -> list[tuple[str, str]]:
    """For the drop-down of the back office."""
    chosen = list_segments().filter(is_active=True)
    if not sees_money():
        chosen = chosen.exclude(pk__in=money_segments())
    return [(str(pk), name) for pk, name in chosen.values_list("pk", "name")]


def is_money_segment(text: str) -> bool:
    """Whether the segment's members are hidden from who does not see money; what is no segment is not."""
    try:
        return UUID(text.strip()) in money_segments()
    except ValueError:
        return False


def is_always_money(text: str) -> bool:
    """Complaints always are."""
    return bool(text)
