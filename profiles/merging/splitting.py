"""Taking records out of a customer whom an address alone made theirs: an unmerge of what was never merged by name.

A record that came after its customer was known has no profile of its own to go back to. It gets one, as if it had been
born with it and then been merged: a merge by the rules that no longer stands. All the rest, moving rows, figures and
golden rows, is what every unmerge does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from events import log
from events.identity_hints import IdentityKey
from events.log import LogEntry
from profiles.counter_deltas import CounterDelta
from profiles.log_kinds import LogKind
from profiles.merging.actions import changed_entries, rehome
from profiles.merging.reassignment import AUTOMATIC, NewMerge, record_merges
from profiles.models import Activity, CustomerProfile, Identifier, ProfileMerge, ProfileShare, ProfileStatus
from profiles.vocabulary import COUNTED
from tenants.action_log import log_action
from tenants.actors import current_actor

RULES = "Rules of identity"
# What a side's rows of the timeline say of its figures; money in the club's currency only.
FIGURES = f"""
SELECT COALESCE(sum(CASE a.type WHEN 'PAYMENT_RECEIVED' THEN 1 WHEN 'PAYMENT_REFUNDED' THEN -1 ELSE 0 END
                    * (a.metadata->>'amountCents')::bigint)
                FILTER (WHERE COALESCE(a.metadata->>'currency', %(currency)s) = %(currency)s), 0),
       max(a.occurred_at) FILTER (WHERE a.{COUNTED}),
       COALESCE((array_agg(a.type ORDER BY a.occurred_at DESC, a.type DESC) FILTER (WHERE a.{COUNTED}))[1], '')
FROM profiles_activity AS a
WHERE a.tenant_id = %(tenant)s AND a.profile_id = %(profile)s AND a.origin_profile_id = %(origin)s
"""


@dataclass(slots=True)
class Split:
    """What goes: identifiers of one origin with their addresses, rows of the timeline, and the figures of both sides.

    `kept`: addresses that somebody says of whom stays. `stayed` is None where not every event of the customer is still
    there to be counted again.
    """

    profile_id: UUID
    origin_id: UUID
    key: IdentityKey
    identifiers: Sequence[int]
    addresses: Collection[IdentityKey]
    kept: Collection[IdentityKey]
    activity_ids: Sequence[int]
    gone: CounterDelta
    stayed: CounterDelta | None
    since: datetime
    source: str = field(default="crm")


def split_off(cursor: Any, club: Any, split: Split) -> UUID:
    """Give the records a customer of their own; returns the customer. Needs the identity lock and the scope."""
    edge = _whole_merge(split)
    if edge is None:
        new_id = _bear(split, club.id)
        [edge_id] = record_merges(
            cursor, club.id, [NewMerge(split.origin_id, new_id, AUTOMATIC, {"key": split.key.kind})]
        )
        _give_keys(split, new_id, club.id)
        Activity.objects.filter(pk__in=split.activity_ids).update(origin_profile_id=new_id)
        _share_figures(cursor, club, split, new_id)
    else:
        new_id, edge_id = edge.loser_id, edge.pk
    ProfileMerge.objects.filter(pk=edge_id).update(
        unmerged_at=Now(), unmerged_by_name=RULES, evidence={"key": split.key.kind, "addressOf": "many"}
    )
    _, changes = rehome(cursor, club.id, {split.profile_id, split.origin_id, new_id})
    log.append(
        [
            LogEntry(
                LogKind.PROFILE_UNMERGED,
                split.profile_id,
                {"restoredId": str(new_id), "by": current_actor().name},
            ),
            *changed_entries(changes),
        ]
    )
    log_action(
        "customer.unmerged",
        subject_kind="customer",
        subject_id=split.profile_id,
        details={"other": str(new_id), "merge": edge_id, "because": "The address has several people."},
    )
    return new_id


def _whole_merge(split: Split) -> ProfileMerge | None:
    """The merge by the rules that brought exactly these records, if there is one."""
    merge: ProfileMerge | None = ProfileMerge.objects.filter(
        loser_id=split.origin_id, kind=AUTOMATIC, unmerged_at=None
    ).first()
    if merge is None or ProfileMerge.objects.filter(winner_id=split.origin_id, unmerged_at=None).exists():
        return None
    others = Identifier.objects.filter(origin_profile_id=split.origin_id).exclude(pk__in=split.identifiers)
    return None if others.exclude(kind__in=["email", "phoneNumber"]).exists() else merge


def _bear(split: Split, tenant_id: UUID) -> UUID:
    """A profile that stands for nobody yet, as one that was merged."""
    origin = CustomerProfile.objects.get(pk=split.origin_id)
    born = CustomerProfile.objects.create(
        tenant_id=tenant_id,
        status=ProfileStatus.MERGED,
        merged_into_id=split.profile_id,
        identity_id=origin.identity_id or split.origin_id,
        created_at=split.since,
        created_source=split.source,
    )
    return UUID(str(born.pk))


def _give_keys(split: Split, new_id: UUID, tenant_id: UUID) -> None:
    """The records' own keys go; of the addresses those that only they state, and of what both state a row each."""
    Identifier.objects.filter(pk__in=split.identifiers).update(origin_profile_id=new_id)
    for link in Identifier.objects.filter(
        origin_profile_id=split.origin_id, kind__in=["email", "phoneNumber"]
    ):
        key = IdentityKey(link.kind, link.value)
        if key not in split.addresses:
            continue
        if link.is_shared and key in split.kept:
            Identifier.objects.create(
                tenant_id=tenant_id,
                profile_id=split.profile_id,
                origin_profile_id=new_id,
                kind=link.kind,
                value=link.value,
                confidence=link.confidence,
                source=link.source,
                event_id=link.event_id,
                is_shared=True,
            )
        else:
            Identifier.objects.filter(pk=link.pk).update(origin_profile_id=new_id)


def _share_figures(cursor: Any, club: Any, split: Split, new_id: UUID) -> None:
    """What each of the two brings: the new one by its rows, the other without them."""
    value, last_at, last_type = _figures(cursor, club, split.profile_id, new_id)
    ProfileShare.objects.create(
        tenant_id=club.id,
        profile_id=new_id,
        lifetime_value_cents=value,
        stage_reached=split.gone.stage_rank,
        tags=[],
        created_at=split.since,
        last_activity_at=last_at,
        last_activity_type=last_type,
        last_booking_at=split.gone.booked_at,
        last_email_open_at=split.gone.opened_at,
        last_email_click_at=split.gone.clicked_at,
    )
    origin = CustomerProfile.objects.get(pk=split.origin_id)
    if not ProfileShare.objects.filter(profile_id=split.origin_id).exists():
        names = [
            one.attname
            for one in ProfileShare._meta.concrete_fields
            if one.attname not in {"id", "tenant_id", "profile_id"}
        ]
        ProfileShare.objects.create(
            tenant_id=club.id, profile_id=split.origin_id, **{name: getattr(origin, name) for name in names}
        )
    share = ProfileShare.objects.filter(profile_id=split.origin_id)
    share.update(lifetime_value_cents=F("lifetime_value_cents") - value)
    if split.stayed is not None:
        _, last_at, last_type = _figures(cursor, club, split.profile_id, split.origin_id)
        share.update(
            stage_reached=split.stayed.stage_rank,
            last_activity_at=last_at,
            last_activity_type=last_type,
            last_booking_at=split.stayed.booked_at,
            last_email_open_at=split.stayed.opened_at,
            last_email_click_at=split.stayed.clicked_at,
        )


def _figures(cursor: Any, club: Any, profile_id: UUID, origin_id: UUID) -> tuple[int, datetime | None, str]:
    cursor.execute(
        FIGURES, {"tenant": club.id, "profile": profile_id, "origin": origin_id, "currency": club.currency}
    )
    value, last_at, last_type = cursor.fetchone()
    return int(value), last_at, last_type
