"""Root fields of segments: the same answers, acts and refusals as over REST."""

from typing import Any

import graphene
from django.utils import timezone

from profiles.graphql import inputs
from profiles.graphql.context import Context, scoped
from profiles.graphql.pages import page_of
from profiles.graphql.queries import TENANT, uuid_of
from profiles.graphql.types import JSON, DateTime, PageMeta, by_api_name, text_enum
from segments.actions import (
    Maker,
    create_segment,
    delete_segment,
    get_segment,
    list_segments,
    refresh_segment,
)
from segments.api.parameters import draft_of, segment_id_of
from segments.api.segments import change_segment
from segments.explaining import explain
from segments.members import list_members, member_fields
from segments.models import Frequency, SegmentType
from segments.representation import one_segment, preview, rule_fields, segment_fields
from segments.syncing import sync_segment
from tenants.directory import tenant_by_id
from tenants.models import Scope
from tenants.scope import current_tenant_id

Kind = text_enum("SegmentType", SegmentType, "Where the members come from.")
Often = text_enum("SegmentRefreshFrequency", Frequency, "How often everybody is compared.")


class Segment(graphene.ObjectType):
    """One segment of a club."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    tenant_id = graphene.ID(required=True)
    club_id = graphene.String()
    name = graphene.String(required=True)
    description = graphene.String(required=True)
    type = graphene.Field(Kind, required=True)
    criteria = JSON()
    refresh_frequency = graphene.Field(Often, required=True)
    last_refreshed_at = DateTime()
    member_count = graphene.Int(required=True)
    is_active = graphene.Boolean(required=True)
    is_system = graphene.Boolean(required=True)
    is_stale = graphene.Boolean(required=True)
    messaging_segment_id = graphene.String()
    last_synced_at = DateTime()
    is_refreshing = graphene.Boolean(required=True)
    refresh_error = graphene.String()
    refresh_retry_at = DateTime()
    sync_error = graphene.String()
    created_at = DateTime(required=True)
    updated_at = DateTime(required=True)
    created_by = graphene.String()


class SegmentMember(graphene.ObjectType):
    """Somebody in a segment."""

    class Meta:
        default_resolver = by_api_name

    customer_id = graphene.ID(required=True)
    display_name = graphene.String(required=True)
    email = graphene.String()
    joined_at = DateTime()


class SegmentPage(graphene.ObjectType):
    """Some segments."""

    data = graphene.List(graphene.NonNull(Segment), required=True)
    meta = graphene.Field(PageMeta, required=True)


class SegmentMemberPage(graphene.ObjectType):
    """Some members."""

    data = graphene.List(graphene.NonNull(SegmentMember), required=True)
    meta = graphene.Field(PageMeta, required=True)


class SegmentInput(graphene.InputObjectType):
    """A segment to make."""

    name = graphene.String(required=True)
    type = Kind()
    criteria = JSON()
    description = graphene.String()
    refresh_frequency = Often()
    club_id = graphene.String()


class SegmentChangeInput(graphene.InputObjectType):
    """What changes of a segment."""

    name = graphene.String()
    criteria = JSON()
    description = graphene.String()
    refresh_frequency = Often()
    club_id = graphene.String()
    is_active = graphene.Boolean()
    add_customer_ids = graphene.List(graphene.NonNull(graphene.ID))
    remove_customer_ids = graphene.List(graphene.NonNull(graphene.ID))


NAMES = {
    "refresh_frequency": "refreshFrequency",
    "club_id": "clubId",
    "is_active": "isActive",
    "add_customer_ids": "addCustomerIds",
    "remove_customer_ids": "removeCustomerIds",
}


def _body(given: Any) -> dict[str, Any]:
    """The names of the API, enumerations as text."""
    return {NAMES.get(name, name): getattr(value, "value", value) for name, value in given.items()}


@scoped(Scope.READ)
def _segments(context: Context, *, pagination: Any = None) -> Any:
    return page_of(list_segments(), pagination, segment_fields)


@scoped(Scope.READ)
def _segment(context: Context, *, id: str) -> Any:
    return one_segment(get_segment(segment_id_of(id)))


@scoped(Scope.READ)
def _members(context: Context, *, segment_id: str, at: Any = None, pagination: Any = None) -> Any:
    return page_of(list_members(segment_id_of(segment_id), at), pagination, member_fields)


@scoped(Scope.READ)
def _fields(context: Context) -> Any:
    return rule_fields(tenant_by_id(current_tenant_id()))


@scoped(Scope.READ)
def _preview(context: Context, *, criteria: Any, quick: bool = False) -> Any:
    names = dict(list_segments().values_list("pk", "name"))
    tenant = tenant_by_id(current_tenant_id())
    return preview(criteria, tenant, names, timezone.now(), is_quick=bool(quick))


@scoped(Scope.READ)
def _explain(context: Context, *, segment_id: str, customer_id: str, at: Any = None) -> Any:
    tenant = tenant_by_id(current_tenant_id())
    return explain(segment_id_of(segment_id), uuid_of(customer_id), tenant, timezone.now(), at)


@scoped(Scope.ADMIN)
def _create(context: Context, *, input: Any) -> Any:
    maker = Maker(context.caller.name, context.caller.user)
    return one_segment(create_segment(draft_of(_body(input), maker)))


@scoped(Scope.ADMIN)
def _update(context: Context, *, id: str, input: Any) -> Any:
    return one_segment(change_segment(segment_id_of(id), _body(input)))


@scoped(Scope.ADMIN)
def _delete(context: Context, *, id: str) -> Any:
    delete_segment(segment_id_of(id))
    return True


@scoped(Scope.ADMIN)
def _refresh(context: Context, *, id: str) -> Any:
    return one_segment(refresh_segment(segment_id_of(id)))


@scoped(Scope.ADMIN)
def _sync(context: Context, *, id: str) -> Any:
    return one_segment(sync_segment(segment_id_of(id)))


ONE = {"id": graphene.ID(required=True), "tenant_id": TENANT}


class SegmentQueries(graphene.ObjectType):
    """Root fields about segments."""

    segments = graphene.Field(
        SegmentPage, tenant_id=TENANT, pagination=inputs.PaginationInput(), resolver=_segments
    )
    segment = graphene.Field(Segment, **ONE, resolver=_segment)
    segment_members = graphene.Field(
        SegmentMemberPage,
        segment_id=graphene.ID(required=True),
        tenant_id=TENANT,
        at=DateTime(),
        pagination=inputs.PaginationInput(),
        resolver=_members,
    )
    segment_fields = graphene.Field(JSON, tenant_id=TENANT, resolver=_fields)
    segment_preview = graphene.Field(
        JSON, tenant_id=TENANT, criteria=JSON(required=True), quick=graphene.Boolean(), resolver=_preview
    )
    segment_explanation = graphene.Field(
        JSON,
        tenant_id=TENANT,
        segment_id=graphene.ID(required=True),
        customer_id=graphene.ID(required=True),
        at=DateTime(),
        resolver=_explain,
    )


class SegmentMutations(graphene.ObjectType):
    """Acts on segments."""

    create_segment = graphene.Field(
        Segment, tenant_id=TENANT, input=SegmentInput(required=True), resolver=_create
    )
    update_segment = graphene.Field(Segment, **ONE, input=SegmentChangeInput(required=True), resolver=_update)
    delete_segment = graphene.Field(graphene.Boolean, **ONE, resolver=_delete)
    refresh_segment = graphene.Field(Segment, **ONE, resolver=_refresh)
    sync_segment_to_messaging = graphene.Field(Segment, **ONE, resolver=_sync)
