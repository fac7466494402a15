"""Who may make, keep and read segments."""

from collections.abc import Mapping
from typing import Any, Final

from segments.actions import Draft, create_segment
from segments.models import Segment
from tenants.scope import tenant_scope
from tests.permissions import (
    ADMIN_MAKE,
    ADMIN_QUEUE,
    ADMIN_REMOVE,
    ADMINISTER,
    MANAGER,
    READ,
    VIEWER,
    Page,
    Row,
    World,
)

ALL: Final = "/api/v1/segments"
OWN: Final = "?tenantId=fairview"
ONE: Final = "/api/v1/segments/{segment}"
RULE: Final = {"field": "membershipTier", "operator": "eq", "value": "Gold"}


def a_segment(world: World) -> Mapping[str, object]:
    """One by rule."""
    with tenant_scope(world.club.tenant):
        name = f"Segment {Segment.objects.count()}"
        return {"segment": create_segment(Draft(name=name, criteria=RULE)).pk}


def a_number(world: World) -> Mapping[str, object]:
    """Names are unique."""
    with tenant_scope(world.club.tenant):
        return {"number": f"New {Segment.objects.count()}"}


REST: Final = (
    Row("segments", "GET", f"{ALL}{OWN}", READ),
    Row("segments", "POST", f"{ALL}{OWN}", ADMIN_MAKE, {"name": "{number}", "criteria": RULE}, a_number),
    Row("segment-fields", "GET", f"{ALL}/fields{OWN}", READ),
    Row("preview-segment", "POST", f"{ALL}/preview{OWN}", READ, {"criteria": RULE}, is_reading=True),
    Row("segment", "GET", f"{ONE}{OWN}", READ, prepare=a_segment),
    Row("segment", "PATCH", f"{ONE}{OWN}", ADMINISTER, {"description": "Other"}, prepare=a_segment),
    Row("segment", "DELETE", f"{ONE}{OWN}", ADMIN_REMOVE, prepare=a_segment),
    Row("segment-members", "GET", f"{ONE}/members{OWN}", READ, prepare=a_segment),
    Row("refresh-segment", "POST", f"{ONE}/refresh{OWN}", ADMIN_QUEUE, prepare=a_segment),
    Row("sync-segment", "POST", f"{ONE}/sync-to-messaging{OWN}", ADMINISTER, prepare=a_segment),
    Row("explain-segment", "GET", f"{ONE}/explain{OWN}&customerId={{id}}", READ, prepare=a_segment),
)


PAGES: Final = (
    Page("segments", VIEWER),
    Page("segment", VIEWER),
    Page("segment_new", MANAGER),
    Page("segment_edit", MANAGER),
    Page("segment_act", MANAGER),
    Page("segment_build_fields", VIEWER),
    Page("segment_build_count", VIEWER),
    Page("segment_build_people", VIEWER),
    Page("customers_rule", VIEWER, "POST"),
    Page("view_save", VIEWER, "POST"),
    Page("view_delete", VIEWER, "POST"),
    Page("customers_to_list", MANAGER),
)


def things(world: World) -> Mapping[str, object]:
    """A segment of the club."""
    return {"segment_id": a_segment(world)["segment"]}


def state() -> tuple[Any, ...]:
    """What nobody who is refused may change; segments that rows prepare come and go with them."""
    return tuple(
        Segment.objects.filter(is_system=True)
        .order_by("pk")
        .values_list("pk", "name", "version", "deleted_at")
    )
