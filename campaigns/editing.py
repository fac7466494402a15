"""Making and changing drafts, duplicating, archiving, and the consent of a second person."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from campaigns.errors import ChangedMeanwhile, IllegalMove, NotADraft, OwnApproval
from campaigns.models import Campaign, CampaignStatus, CampaignVariant
from campaigns.settings import settings_of
from campaigns.transitions import lock_campaign, note_act
from campaigns.values import field_names
from segments.discretion import check_may_aim
from tenants.actors import current_actor
from tenants.models import Role, Tenant
from tenants.roles import role_of
from tenants.scope import current_tenant_id

VARIANT_FIELDS: Final = ("label", "weight", "content", "channels", "template_ids", "delay_minutes")
# What a copy does not take along: it is a draft of its own.
# What a draft is called until somebody names it.
UNNAMED: Final = "New campaign"
NOT_COPIED: Final = frozenset({"scheduled_at", "segment_id", "variants"})


@transaction.atomic
def create_campaign(values: Mapping[str, Any]) -> Campaign:
    """A draft with these columns (`campaigns.values.parse_values`); the club's zone where none is named.

    Raises MoneyHidden.
    """
    given = dict(values)
    _check_aim(given)
    variants = given.pop("variants", [])
    tenant = Tenant.objects.get(pk=current_tenant_id())
    actor, now = current_actor(), timezone.now()
    if not given.get("timezone"):
        given["timezone"] = tenant.time_zone
    if not given.get("name"):
        given["name"] = "Campaign without a name"
    campaign: Campaign = Campaign.objects.create(
        tenant=tenant,
        created_by=actor.user,
        created_by_name=actor.name,
        created_at=now,
        updated_at=now,
        **given,
    )
    _replace_variants(campaign, variants)
    note_act(campaign, "created")
    return campaign


@transaction.atomic
def update_campaign(campaign_id: UUID, values: Mapping[str, Any]) -> Campaign:
    """Change what is stated; a given approval counts for the draft as it was. Raises NotADraft, MoneyHidden."""
    campaign = lock_campaign(campaign_id)
    given = dict(values)
    _check_aim(given)
    if not campaign.is_draft:
        raise NotADraft(campaign.status)
    variants = given.pop("variants", None)
    changed = {name: value for name, value in given.items() if getattr(campaign, name) != value}
    if "timezone" in changed and not changed["timezone"]:
        changed["timezone"] = Tenant.objects.get(pk=current_tenant_id()).time_zone
    if variants is not None and _arms(campaign) != [_arm(each) for each in variants]:
        _replace_variants(campaign, variants)
        changed.setdefault("updated_at", timezone.now())
    if not changed:
        return campaign
    for name, value in changed.items():
        setattr(campaign, name, value)
    campaign.version += 1
    campaign.updated_at, campaign.changed_by = timezone.now(), current_actor().user
    campaign.approval_asked_at, campaign.approval_asked_by = None, None
    campaign.save()
    return campaign


def _check_aim(values: Mapping[str, Any]) -> None:
    """Whom a campaign reaches can be read from it, so it is aimed only by who may read that."""
    check_may_aim(
        values.get("rule"),
        [*(values.get("segment_ids") or ()), *(values.get("excluded_segment_ids") or ())],
    )


def _arm(values: Mapping[str, Any]) -> tuple[Any, ...]:
    empty = {"weight": 1, "content": {}, "channels": [], "template_ids": {}, "delay_minutes": 0}
    return tuple({**empty, **values}[name] for name in VARIANT_FIELDS)


def _arms(campaign: Campaign) -> list[tuple[Any, ...]]:
    return list(campaign.variants.order_by("label").values_list(*VARIANT_FIELDS))


def _replace_variants(campaign: Campaign, variants: Sequence[Mapping[str, Any]]) -> None:
    campaign.variants.all().delete()
    CampaignVariant.objects.bulk_create(
        CampaignVariant(tenant_id=campaign.tenant_id, campaign=campaign, **variant) for variant in variants
    )


@transaction.atomic
def duplicate_campaign(campaign_id: UUID) -> Campaign:
    """A new draft with the same audience, content and test, without a time."""
    campaign = lock_campaign(campaign_id)
    columns = set(field_names().values()) - NOT_COPIED
    values = {name: getattr(campaign, name) for name in columns}
    values["name"] = f"{campaign.name} (copy)"[: Campaign._meta.get_field("name").max_length]
    values["variants"] = list(campaign.variants.order_by("label").values(*VARIANT_FIELDS))
    return create_campaign(values)


@transaction.atomic
def archive_campaign(campaign_id: UUID, *, is_archived: bool = True) -> Campaign:
    """Put a draft or an ended campaign out of sight, or bring it back. Raises IllegalMove for one under way."""
    campaign = lock_campaign(campaign_id)
    if is_archived and not (campaign.is_draft or campaign.has_ended):
        raise IllegalMove(campaign.status, "archived")
    campaign.archived_at = timezone.now() if is_archived else None
    campaign.save(update_fields=["archived_at"])
    note_act(campaign, "archived" if is_archived else "unarchived")
    return campaign


@transaction.atomic
def ask_approval(campaign_id: UUID) -> Campaign:
    """Tell colleagues that the draft is ready to be looked at."""
    campaign = lock_campaign(campaign_id)
    if not campaign.is_draft:
        raise NotADraft(campaign.status)
    campaign.approval_asked_at, campaign.approval_asked_by = timezone.now(), current_actor().user
    campaign.save(update_fields=["approval_asked_at", "approval_asked_by"])
    note_act(campaign, "approval_asked")
    return campaign


@transaction.atomic
def approve_campaign(campaign_id: UUID, version: int | None = None) -> Campaign:
    """Agree to the draft as it stands; `version`: the one that was looked at.

    Raises ChangedMeanwhile where that is another, and OwnApproval for who made it, changed it last or asked, unless an
    admin.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.status != CampaignStatus.DRAFT:
        raise NotADraft(campaign.status)
    if version is not None and version != campaign.version:
        raise ChangedMeanwhile
    if not may_approve(campaign, Tenant.objects.get(pk=current_tenant_id())):
        raise OwnApproval
    campaign.approved_version, campaign.approved_at = campaign.version, timezone.now()
    campaign.approved_by_name = current_actor().name
    campaign.save(update_fields=["approved_version", "approved_at", "approved_by_name"])
    note_act(campaign, "approved")
    return campaign


def may_approve(campaign: Campaign, tenant: Tenant) -> bool:
    """Whether whoever acts is a second person: not who made it, changed it last or asked, unless an admin."""
    return campaign in approvable([campaign], tenant)


def approvable(campaigns: Iterable[Campaign], tenant: Tenant) -> list[Campaign]:
    """Those for which whoever acts is a second person; one query for their role."""
    user = current_actor().user
    if user is None:
        return []
    is_admin = role_of(user, tenant) == Role.ADMIN
    return [
        each
        for each in campaigns
        if is_admin or user.pk not in (each.created_by_id, each.changed_by_id, each.approval_asked_by_id)
    ]


def lacks_approval(campaign: Campaign, tenant: Tenant) -> bool:
    """Whether the club wants a second person to agree and nobody did to this version."""
    return settings_of(tenant).needs_approval and not campaign.is_approved
