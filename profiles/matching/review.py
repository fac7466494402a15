"""Pairs that may be one person, for staff to decide; each decision can be taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Greatest, Least, RowNumber
from django.utils import timezone

from profiles.errors import AlreadyDecided, CustomerNotFound
from profiles.matching.evidence import Evidence, Side, compare, from_comparisons, is_rather_household
from profiles.matching.households import form_household
from profiles.merging.actions import merge_many, merge_profiles
from profiles.merging.cannot_link import allow_link, forbid_link
from profiles.merging.reassignment import BY_PERSON, NewMerge
from profiles.models import CustomerProfile, DuplicatePair, Identifier, ProfileStatus, ReviewCandidate
from profiles.names import PersonName
from profiles.unmerging import unmerge_profiles
from tenants.action_log import log_action, log_actions
from tenants.actors import current_actor
from tenants.postgresql.locks import AdvisoryLock, lock_tenant

Status = ReviewCandidate.Status
MOST_AT_ONCE: Final = 500
# Of a pair that was not weighed yet; who was, and is less likely one person than two, does not wait for staff.
UNKNOWN_LIKELIHOOD: Final = 0.5
WEIGHED_AT_ONCE: Final = 1_000
DECISIONS: Final = (Status.MERGED, Status.KEPT_APART, Status.HOUSEHOLD, Status.SKIPPED)
NOT_ONE_PERSON: Final = (Status.KEPT_APART, Status.HOUSEHOLD, Status.SKIPPED)
_LIKELIHOOD: Final = Coalesce(
    Cast(KeyTextTransform("probability", "evidence"), FloatField()), Value(UNKNOWN_LIKELIHOOD)
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair side by side: who would survive comes first; the evidence, the heaviest first, and its sum."""

    candidate: ReviewCandidate
    winner: CustomerProfile
    loser: CustomerProfile
    evidence: list[Evidence]
    is_household: bool = False

    @property
    def weight(self) -> float:
        """Sum of the evidence; above 0 it speaks for one person."""
        return sum(point.weight for point in self.evidence)

    @property
    def proposal(self) -> str:
        """What the evidence makes likely: one household, one person, or two."""
        if self.is_household:
            return Status.HOUSEHOLD
        return Status.MERGED if self.weight > 0 else Status.KEPT_APART

    @property
    def value_cents(self) -> int:
        """What is at stake: what the two have paid together."""
        return int(self.winner.lifetime_value_cents + self.loser.lifetime_value_cents)


def open_candidates() -> QuerySet[ReviewCandidate]:
    """The open scope's undecided pairs, with `one_id` and `other_id`: who stands for the two now.

    Whoever became one person meanwhile has nothing to decide, and comes back should that merge be undone.
    """
    pairs: QuerySet[ReviewCandidate] = (
        _with_survivors(ReviewCandidate.objects.filter(status=Status.OPEN))
        .filter(one_id__isnull=False, other_id__isnull=False)
        .exclude(one_id=F("other_id"))
    )
    return pairs


def _one_a_pair(rows: QuerySet[ReviewCandidate]) -> QuerySet[ReviewCandidate]:
    """Of the candidates that by now are about the same two customers one, and none once staff decided about the two.

    Records that were merged bring their candidates along: what was said about the two customers holds for all of them.
    """
    told = _with_survivors(ReviewCandidate.objects.filter(status__in=[Status.OPEN, *NOT_ONE_PERSON]))
    ranked = told.exclude(one_id=F("other_id")).annotate(
        rank=Window(
            RowNumber(),
            partition_by=[Least("one_id", "other_id"), Greatest("one_id", "other_id")],
            order_by=[
                Case(When(status=Status.OPEN, then=Value(1)), default=Value(0)),
                _LIKELIHOOD.desc(),
                F("id").asc(),
            ],
        )
    )
    return rows.filter(pk__in=ranked.filter(rank=1).values("pk"))


def hints_of(profile_id: UUID) -> dict[UUID, ReviewCandidate]:
    """Who else may be this customer, each once with the candidate that says so, and about whom staff said nothing."""
    records = CustomerProfile.objects.filter(Q(pk=profile_id) | Q(merged_into_id=profile_id)).values("pk")
    told = ReviewCandidate.objects.filter(status__in=[Status.OPEN, *NOT_ONE_PERSON])
    told = told.filter(Q(first_profile_id__in=records) | Q(second_profile_id__in=records))
    pairs = (
        _with_survivors(told)
        .filter(one_id__isnull=False, other_id__isnull=False)
        .exclude(one_id=F("other_id"))
    )
    found: dict[UUID, ReviewCandidate] = {}
    decided = set()
    for pair in pairs.order_by("id"):
        other = pair.other_id if pair.one_id == profile_id else pair.one_id
        if pair.status == Status.OPEN:
            found.setdefault(other, pair)
        else:
            decided.add(other)
    return {other: pair for other, pair in found.items() if other not in decided}


def queue() -> QuerySet[ReviewCandidate]:
    """Undecided pairs that may well be one person, by the value at stake times how likely that is.

    Left out is who is rather two people by the evidence against it; the customer page still names the pair.
    """

    def value(survivor: str) -> Subquery:
        profiles = CustomerProfile.objects.filter(pk=OuterRef(survivor)).values("lifetime_value_cents")
        return Subquery(profiles[:1], output_field=BigIntegerField())

    return (
        _one_a_pair(open_candidates())
        .annotate(likelihood=_LIKELIHOOD)
        .filter(Q(likelihood__gt=UNKNOWN_LIKELIHOOD) | ~Q(evidence__has_key="weight") | Exists(_searched()))
        .annotate(stake=Cast(value("one_id") + value("other_id"), FloatField()) * F("likelihood"))
        .order_by("-stake", "id")
    )


def read_pair(candidate_id: int) -> Pair:
    """One pair with its evidence, whatever its state. Raises CustomerNotFound where one of the two is gone."""
    candidate: Any = _with_survivors(ReviewCandidate.objects.filter(pk=candidate_id)).first()
    if candidate is None or candidate.one_id is None or candidate.other_id is None:
        raise CustomerNotFound
    people = CustomerProfile.objects.in_bulk([candidate.one_id, candidate.other_id])
    one, other = people[candidate.one_id], people[candidate.other_id]
    winner, loser = sorted((one, other), key=_precedence)
    keys = _keys_of([one.pk, other.pk])
    sides = [_side(profile, keys[profile.pk]) for profile in (one, other)]
    return Pair(candidate, winner, loser, _evidence_of(candidate, *sides), is_rather_household(*sides))


def evidence_between(one: CustomerProfile, other: CustomerProfile) -> list[Evidence]:
    """What is known now for and against two customers being one person, the heaviest first."""
    keys = _keys_of([one.pk, other.pk])
    return compare(*(_side(profile, keys[profile.pk]) for profile in (one, other)))


def _evidence_of(candidate: ReviewCandidate, one: Side, other: Side) -> list[Evidence]:
    """What speaks for and against: what the search for duplicates found, else what is known of the two now."""
    pair = DuplicatePair.objects.filter(
        first_profile_id=candidate.first_profile_id, second_profile_id=candidate.second_profile_id
    ).first()
    if pair is not None:
        return from_comparisons(pair.comparisons)
    return compare(one, other)


def weigh_candidates(*, is_everybody: bool) -> int:
    """Write down the weight of open pairs that the search for duplicates did not weigh; returns how many.

    Of all, because people change; else only of those without a weight. What the search did weigh it wrote itself.
    """
    rows = open_candidates().filter(~Exists(_searched())).order_by("id")
    if not is_everybody:
        rows = rows.filter(evidence__weight__isnull=True)
    done, last = 0, 0
    while chunk := list(rows.filter(pk__gt=last)[:WEIGHED_AT_ONCE]):
        _weigh(chunk)
        done, last = done + len(chunk), chunk[-1].pk
    return done


def _weigh(candidates: Sequence[Any]) -> None:
    people = CustomerProfile.objects.in_bulk(
        {one for each in candidates for one in (each.one_id, each.other_id)}
    )
    keys = _keys_of(people)
    for each in candidates:
        sides = [_side(people[one], keys[one]) for one in (each.one_id, each.other_id)]
        weight = sum(point.weight for point in compare(*sides))
        each.evidence = {
            **each.evidence,
            "weight": round(weight, 2),
            "probability": round(1 / (1 + 2**-weight), 6),
        }
    ReviewCandidate.objects.bulk_update(candidates, ["evidence"])


def _keys_of(profile_ids: Iterable[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    keys: dict[UUID, list[tuple[str, str]]] = {profile_id: [] for profile_id in profile_ids}
    for profile_id, kind, value in Identifier.objects.filter(profile_id__in=keys).values_list(
        "profile_id", "kind", "value"
    ):
        keys[profile_id].append((kind, value))
    return keys


def decide(candidate_id: int, decision: str) -> ReviewCandidate:
    """Decide about an open pair. Raises AlreadyDecided, CustomerNotFound.

    MERGED merges; KEPT_APART is remembered by identifiers for ever; HOUSEHOLD keeps apart and puts both under one roof;
    SKIPPED puts the pair aside.
    """
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        pair = read_pair(candidate_id)
        if pair.candidate.status != Status.OPEN or pair.winner.pk == pair.loser.pk:
            raise AlreadyDecided
        merge_id = None
        if decision == Status.MERGED:
            merge_id = merge_profiles(pair.winner.pk, pair.loser.pk, reason="Reviewed").merge_id
        elif decision in (Status.KEPT_APART, Status.HOUSEHOLD):
            forbid_link(pair.winner.pk, pair.loser.pk)
        if decision == Status.HOUSEHOLD:
            form_household([pair.winner.pk, pair.loser.pk])
        _settle(pair.candidate, decision, merge_id)
        log_action(
            "candidate.decided",
            subject_kind="candidate",
            subject_id=candidate_id,
            details={"decision": decision, "customers": [str(pair.winner.pk), str(pair.loser.pk)]},
        )
    return pair.candidate


def likely_candidates(least_probability: float) -> QuerySet[ReviewCandidate]:
    """Open pairs that the search for duplicates holds for one person at least so surely, the surest first."""
    likely: QuerySet[ReviewCandidate] = (
        _with_probability(_one_a_pair(open_candidates()))
        .filter(probability__gte=least_probability)
        .order_by("-probability", "id")
    )
    return likely


def accept_likely(least_probability: float, *, most: int = MOST_AT_ONCE) -> int:
    """Merge every open pair that is at least so likely; returns how many. Each can be taken back by itself."""
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        return _merge_together(list(likely_candidates(least_probability)[:most]), "Accepted together")


def merge_chosen(candidate_ids: Sequence[int], *, reason: str) -> int:
    """Merge these of the open pairs in one transaction, in their order; returns how many still were to be merged.

    Whoever is decided, gone or one person already is left out. Each can be taken back by itself.
    """
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        chosen = {each.pk: each for each in _with_probability(open_candidates().filter(pk__in=candidate_ids))}
        return _merge_together([chosen[each] for each in candidate_ids if each in chosen], reason)


def _merge_together(chosen: Sequence[Any], reason: str) -> int:
    """Merge candidates that carry `one_id`, `other_id` and `probability`, under the lock, and note the decisions."""
    people = CustomerProfile.objects.in_bulk({one for each in chosen for one in (each.one_id, each.other_id)})
    merges = []
    for each in chosen:
        winner, loser = sorted((people[each.one_id], people[each.other_id]), key=_precedence)
        merges.append(NewMerge(winner.pk, loser.pk, BY_PERSON, {"probability": each.probability}))
    decided = []
    for candidate, outcome in zip(chosen, merge_many(merges, reason=reason), strict=True):
        if outcome is not None:
            candidate.status, candidate.merge_id = Status.MERGED, outcome.merge_id
            candidate.decided_at, candidate.decided_by_name = timezone.now(), current_actor().name
            decided.append(candidate)
    ReviewCandidate.objects.bulk_update(decided, ["status", "merge_id", "decided_at", "decided_by_name"])
    log_actions(
        "candidate.decided",
        subject_kind="candidate",
        subjects=[(each.pk, _decision_of(each, len(decided))) for each in decided],
    )
    return len(decided)


def _decision_of(candidate: Any, together: int) -> dict[str, Any]:
    customers = [str(candidate.one_id), str(candidate.other_id)]
    return {"decision": Status.MERGED, "customers": customers, "together": together}


def _with_probability(candidates: QuerySet[ReviewCandidate]) -> Any:
    """With `probability`: how surely the search for duplicates holds the two for one person; None where it does not."""
    return candidates.annotate(probability=Subquery(_searched().values("probability")[:1]))


def _searched() -> QuerySet[DuplicatePair]:
    """In a query of candidates: what the search for duplicates knows of the pair."""
    pairs: QuerySet[DuplicatePair] = DuplicatePair.objects.filter(
        first_profile_id=OuterRef("first_profile_id"), second_profile_id=OuterRef("second_profile_id")
    )
    return pairs


def undo_decision(candidate_id: int) -> ReviewCandidate:
    """Open a decided pair again and take back what the decision did; a household stays. Raises CustomerNotFound."""
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        candidate: ReviewCandidate | None = ReviewCandidate.objects.filter(pk=candidate_id).first()
        if candidate is None:
            raise CustomerNotFound
        if candidate.status == Status.OPEN:
            return candidate
        if candidate.status == Status.MERGED and candidate.merge_id is not None:
            unmerge_profiles(candidate.first_profile_id, merge_id=candidate.merge_id)
        if candidate.status in (Status.KEPT_APART, Status.HOUSEHOLD):
            pair = read_pair(candidate_id)
            allow_link(pair.winner.pk, pair.loser.pk)
        undone = candidate.status
        _settle(candidate, Status.OPEN, None)
        log_action(
            "candidate.reopened",
            subject_kind="candidate",
            subject_id=candidate_id,
            details={"decision": undone},
        )
    return candidate


def _with_survivors(rows: QuerySet[ReviewCandidate]) -> Any:
    def survivor(field: str) -> Subquery:
        profiles = CustomerProfile.objects.filter(pk=OuterRef(field)).exclude(status=ProfileStatus.DELETED)
        return Subquery(profiles.values(survivor_id=Coalesce("merged_into_id", "id"))[:1])

    return rows.annotate(one_id=survivor("first_profile_id"), other_id=survivor("second_profile_id"))


def _precedence(profile: CustomerProfile) -> tuple[Any, ...]:
    """Who survives: a member before others, then whoever has been with the club longer."""
    return (profile.scl_member_id is None, profile.created_at, profile.pk)


def _side(profile: CustomerProfile, keys: list[tuple[str, str]]) -> Side:
    return Side(
        name=PersonName.of(profile.first_name, profile.last_name),
        birth=profile.date_of_birth,
        home_club=profile.home_club_name,
        handicap_tenths=profile.handicap_tenths,
        keys=keys,
    )


def _settle(candidate: ReviewCandidate, status: str, merge_id: int | None) -> None:
    is_open = status == Status.OPEN
    ReviewCandidate.objects.filter(pk=candidate.pk).update(
        status=status,
        merge_id=merge_id,
        decided_at=None if is_open else timezone.now(),
        decided_by_name="" if is_open else current_actor().name,
    )
    candidate.status, candidate.merge_id = status, merge_id
