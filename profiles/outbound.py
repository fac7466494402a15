"""Telling other services about profiles: entries of the domain log become `crm.profile.*` envelopes.

At least once, with an id that stays the same. An envelope describes the profile as it is when it is sent.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson

from events import outbound
from events.consumers import Entry
from events.iso_time import utc_text
from profiles.golden_rows.rules import COLUMN_NAMES
from profiles.log_kinds import LogKind
from profiles.models import CustomerProfile, ProfileMerge
from profiles.representation import activity_fields, customer_fields, to_json
from profiles.restricting import RESTRICTION_FIELD, restricted_among
from profiles.timeline import TimelineRow, timeline_rows
from tenants.models import Tenant

SOURCE: Final = "crm"
VERSION: Final = "1.0"
LINKED_IDS: Final = ("authUserId", "sclMemberId", "teetimePlayerId", "messagingContactId", "externalIds")
IDENTITY_FIELDS: Final = ("email", "phoneNumber", *LINKED_IDS)
# Who merged where it was the rules and not a person.
NOBODY: Final = "system"

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What the envelopes of one tenant and batch need: profiles as the API shows them, and who merged whom."""

    profiles: Mapping[UUID, Fields]
    merges: Mapping[UUID, ProfileMerge]  # by loser
    restricted: Collection[UUID] = ()
    activities: Mapping[int, TimelineRow] = field(default_factory=dict)


def envelopes(tenant: Tenant, entries: Sequence[Entry]) -> list[Fields | None]:
    """An envelope for each entry of the open scope; None where the profile is gone or must not be told of."""
    known = _load(entries)
    return [_envelope(entry, known) for entry in entries]


def _load(entries: Sequence[Entry]) -> Known:
    """One query for all profiles of the tenant, and one for merges where there are any."""
    losers = {UUID(entry.data["loserId"]) for entry in entries if entry.kind == LogKind.PROFILE_MERGED}
    restored = {UUID(entry.data["restoredId"]) for entry in entries if entry.kind == LogKind.PROFILE_UNMERGED}
    ids = losers | restored | {entry.profile_id for entry in entries if entry.profile_id is not None}
    profiles = CustomerProfile.objects.filter(pk__in=ids)
    return Known(
        profiles={profile.pk: _plain(profile) for profile in profiles},
        merges=_merges(losers) if losers else {},
        restricted=restricted_among(ids),
        activities=timeline_rows([entry.data["activityId"] for entry in entries if _is_activity(entry)]),
    )


def _merges(losers: Collection[UUID]) -> dict[UUID, ProfileMerge]:
    """The newest merge of each loser; it may have been undone and done again."""
    merges = ProfileMerge.objects.filter(loser_id__in=losers).select_related("merged_by").order_by("pk")
    return {merge.loser_id: merge for merge in merges}


def _plain(profile: CustomerProfile) -> Fields:
    """The fields of the API as plain JSON values."""
    fields: Fields = orjson.loads(to_json(customer_fields(profile)))
    return {**fields, "source": profile.created_source}


def _envelope(entry: Entry, known: Known) -> Fields | None:
    profile = known.profiles.get(entry.profile_id) if entry.profile_id is not None else None
    if profile is None or (entry.profile_id in known.restricted and not _is_told_of_restricted(entry)):
        return None
    if _is_activity(entry) and entry.data["activityId"] not in known.activities:
        return None  # it was erased, or a second account of it is shown instead
    kind = LogKind(entry.kind)
    return {
        "id": outbound.event_id(entry),
        "type": outbound.types()[kind],
        "version": VERSION,
        "timestamp": utc_text(entry.at),
        "tenantId": str(entry.tenant_id),
        "source": SOURCE,
        "identity": _present(profile, IDENTITY_FIELDS),
        "payload": MAKERS[kind](entry, profile, known),
    }


def _is_activity(entry: Entry) -> bool:
    return entry.kind == LogKind.ACTIVITY_RECORDED


def _is_told_of_restricted(entry: Entry) -> bool:
    """Of somebody whose data must rest, others learn only that, and the erasure."""
    return entry.kind == LogKind.PROFILE_ERASED or entry.data.get("changes") == [RESTRICTION_FIELD]


def _created(entry: Entry, profile: Fields, known: Known) -> Fields:
    names = ("id", "email", "phoneNumber", "firstName", "lastName", "source")
    payload = {name: profile[name] for name in names}
    linked = _present(profile, LINKED_IDS)
    return {**payload, "linkedIds": linked, "createdAt": profile["createdAt"]}


def _updated(entry: Entry, profile: Fields, known: Known) -> Fields:
    profile = {**profile, RESTRICTION_FIELD: entry.profile_id in known.restricted}
    changes = [name for name in entry.data.get("changes", []) if name in profile]
    values = {name: profile[name] for name in changes}
    return {"id": profile["id"], "changes": changes, **values, "updatedAt": profile["updatedAt"]}


def _merged(entry: Entry, profile: Fields, known: Known) -> Fields:
    loser_id = UUID(entry.data["loserId"])
    loser, merge = known.profiles.get(loser_id, {}), known.merges.get(loser_id)
    merged_by = merge.merged_by if merge else None
    return {
        "winnerId": profile["id"],
        "loserId": str(loser_id),
        "loserLinkedIds": _present(loser, LINKED_IDS),
        # What the survivor says now and the other one had said.
        "mergedFields": [
            name for name in COLUMN_NAMES.values() if loser.get(name) and loser[name] == profile[name]
        ],
        "mergedBy": (merged_by.auth_user_id or str(merged_by.pk)) if merged_by else NOBODY,
        "mergedAt": utc_text(merge.merged_at if merge else entry.at),
    }


def _unmerged(entry: Entry, profile: Fields, known: Known) -> Fields:
    restored_id = UUID(entry.data["restoredId"])
    return {
        "winnerId": profile["id"],
        "restoredId": str(restored_id),
        "restoredLinkedIds": _present(known.profiles.get(restored_id, {}), LINKED_IDS),
        "unmergedBy": entry.data.get("by") or NOBODY,
        "unmergedAt": utc_text(entry.at),
    }


def _erased(entry: Entry, profile: Fields, known: Known) -> Fields:
    return {"id": profile["id"], "reason": entry.data["reason"], "deletedAt": entry.data["erasedAt"]}


def _churn_risk_high(entry: Entry, profile: Fields, known: Known) -> Fields:
    names = ("id", "email", "phoneNumber", "firstName", "lastName", "churnRiskScore", "churnRiskScoreAt")
    more = ("engagementScore", "lifetimeValue", "lastActivityAt", "lifecycleStage")
    return {name: profile[name] for name in (*names, *more)}


def _consent_changed(entry: Entry, profile: Fields, known: Known) -> Fields:
    return _before_and_after(entry, profile, entry.data)


def _score_changed(entry: Entry, profile: Fields, known: Known) -> Fields:
    names = {"engagement": "engagementScore", "churnRisk": "churnRiskScore"}
    moved = {names[name]: pair for name, pair in entry.data.items() if pair[0] != pair[1]}
    return _before_and_after(entry, profile, moved)


def _before_and_after(entry: Entry, profile: Fields, pairs: Mapping[str, Sequence[Any]]) -> Fields:
    """As it was then, not as it is now: whoever reads them in order misses no step."""
    return {
        "customerId": profile["id"],
        "changes": sorted(pairs),
        **{name: after for name, (_, after) in pairs.items()},
        "previous": {name: before for name, (before, _) in pairs.items()},
        "changedAt": utc_text(entry.at),
    }


def _activity_recorded(entry: Entry, profile: Fields, known: Known) -> Fields:
    row = known.activities[entry.data["activityId"]]
    return {"customerId": profile["id"], **orjson.loads(to_json(activity_fields(row)))}


def _present(fields: Fields, names: Sequence[str]) -> Fields:
    return {name: fields[name] for name in names if fields.get(name)}


Maker = Callable[[Entry, Fields, Known], Fields]
MAKERS: Final[Mapping[LogKind, Maker]] = {
    LogKind.PROFILE_CREATED: _created,
    LogKind.PROFILE_CHANGED: _updated,
    LogKind.PROFILE_MERGED: _merged,
    LogKind.PROFILE_UNMERGED: _unmerged,
    LogKind.PROFILE_ERASED: _erased,
    LogKind.CHURN_RISK_HIGH: _churn_risk_high,
    LogKind.CONSENT_CHANGED: _consent_changed,
    LogKind.PROFILE_SCORED: _score_changed,
    LogKind.ACTIVITY_RECORDED: _activity_recorded,
}
