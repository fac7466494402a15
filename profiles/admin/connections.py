"""Which services know a person, who shares an address with them, what was merged in, what staff should review."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from events.identity_hints import IdentityKind
from profiles.matching.households import Home, home_of
from profiles.matching.review import hints_of
from profiles.models import (
    CRM_RECORD,
    CustomerProfile,
    Identifier,
    ProfileMerge,
    ProfileStatus,
    ReviewCandidate,
)

KIND_LABELS: Final[Mapping[str, str]] = {
    IdentityKind.SCL_MEMBER: "Member number",
    IdentityKind.TEETIME_PLAYER: "TeeTime player",
    IdentityKind.MESSAGING_CONTACT: "Messaging contact",
    IdentityKind.AUTH_USER: "Login",
    IdentityKind.MCA_V1_ZA: "MCA South Africa",
    IdentityKind.MCA_V1_UK: "MCA United Kingdom",
    IdentityKind.GOLF_RSA: "GolfRSA",
    IdentityKind.CDH: "CDH",
    IdentityKind.MEMBER_NUMBER: "Club's number",
    IdentityKind.EMAIL: "E-mail",
    IdentityKind.PHONE: "Phone",
}
SERVICES: Final = (
    ("SCL", "Membership", IdentityKind.SCL_MEMBER),
    ("TeeTime", "Tee times", IdentityKind.TEETIME_PLAYER),
    ("Messaging", "Messages", IdentityKind.MESSAGING_CONTACT),
    ("Login", "Own account", IdentityKind.AUTH_USER),
)
MOST_HOUSEHOLD = 12
MOST_HINTS = 10


@dataclass(frozen=True, slots=True)
class Service:
    """A service and whether it knows the person."""

    name: str
    what: str
    identifier: Identifier | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody who shares an address."""

    profile: CustomerProfile
    shared: list[str]


@dataclass(frozen=True, slots=True)
class Connections:
    """Everything around a person that is not themselves."""

    identifiers: list[tuple[str, Identifier]]
    services: list[Service]
    household: list[Neighbour]
    merged_in: list[tuple[CustomerProfile, ProfileMerge]]
    candidates: list[tuple[CustomerProfile, int, str]]
    home: Home | None


def connections_of(profile: CustomerProfile) -> Connections:
    """A fixed number of queries, whatever there is."""
    others = Identifier.objects.filter(kind=OuterRef("kind"), value=OuterRef("value")).exclude(
        profile_id=profile.pk
    )
    rows = (
        Identifier.objects.filter(profile_id=profile.pk)
        .exclude(kind=CRM_RECORD)
        .annotate(is_held_by_others=Exists(others))
        .order_by("confidence", "-id")
    )
    # Two customers who became one may each have had a key: it is shown once, and shared with nobody.
    identifiers = list({(row.kind, row.value): row for row in rows}.values())
    identifiers.sort(key=lambda row: (list(KIND_LABELS).index(row.kind), row.value))
    sharers = _sharers(profile.pk, [row for row in identifiers if row.is_held_by_others])
    merges = list(
        ProfileMerge.objects.filter(winner_id=profile.pk, unmerged_at=None).order_by("-merged_at")[
            :MOST_HINTS
        ]
    )
    reasons = _open_candidates(profile.pk)
    people = CustomerProfile.objects.in_bulk([*sharers, *(merge.loser_id for merge in merges), *reasons])
    return Connections(
        identifiers=[(KIND_LABELS[row.kind], row) for row in identifiers],
        services=[Service(name, what, _active(identifiers, kind)) for name, what, kind in SERVICES],
        household=[
            Neighbour(people[key], shared)
            for key, shared in sharers.items()
            if key in people and people[key].status in (ProfileStatus.ACTIVE, ProfileStatus.INACTIVE)
        ],
        merged_in=[(people[merge.loser_id], merge) for merge in merges if merge.loser_id in people],
        candidates=[(people[key], *reason) for key, reason in reasons.items() if key in people],
        home=home_of(profile.pk),
    )


def _active(identifiers: list[Identifier], kind: str) -> Identifier | None:
    return next((row for row in identifiers if row.kind == kind and row.is_active), None)


def sharers_of(profile_id: UUID) -> dict[UUID, list[str]]:
    """Who else has an address of the customer, and which."""
    return _sharers(
        profile_id, list(Identifier.objects.filter(profile_id=profile_id).exclude(kind=CRM_RECORD))
    )


def _sharers(profile_id: UUID, shared: list[Identifier]) -> dict[UUID, list[str]]:
    """Who else has a shared address, and which."""
    if not shared:
        return {}
    wanted = Q()
    for row in shared:
        wanted |= Q(kind=row.kind, value=row.value)
    found: dict[UUID, list[str]] = {}
    others = Identifier.objects.filter(wanted).exclude(profile_id=profile_id).order_by("id")
    for other, kind in others.values_list("profile_id", "kind")[: MOST_HOUSEHOLD * 4]:
        kinds = found.setdefault(other, [])
        word = KIND_LABELS[kind].lower()
        if word not in kinds:
            kinds.append(word)
    return dict(list(found.items())[:MOST_HOUSEHOLD])


def _open_candidates(profile_id: UUID) -> dict[UUID, tuple[int, str]]:
    """The other side of each pair that staff should look at: the pair's number, and why."""
    pairs = list(hints_of(profile_id).items())[:MOST_HINTS]
    return {other: (pair.pk, ReviewCandidate.Reason(pair.reason).label) for other, pair in pairs}
