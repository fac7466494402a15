"""Pairs that may be one person, for staff to decide."""

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from profiles.models import CustomerProfile, ProfileStatus, ReviewCandidate


def open_candidates() -> QuerySet[ReviewCandidate]:
    """The open scope's undecided pairs, with `one_id` and `other_id`: who stands for the two now.

    Whoever became one person meanwhile has nothing to decide, and comes back should that merge be undone.
    """

    def survivor(field: str) -> Subquery:
        profiles = CustomerProfile.objects.filter(pk=OuterRef(field)).exclude(status=ProfileStatus.DELETED)
        return Subquery(profiles.values(survivor_id=Coalesce("merged_into_id", "id"))[:1])

    pairs: QuerySet[ReviewCandidate] = (
        ReviewCandidate.objects.filter(status=ReviewCandidate.Status.OPEN)
        .annotate(one_id=survivor("first_profile_id"), other_id=survivor("second_profile_id"))
        .filter(one_id__isnull=False, other_id__isnull=False)
        .exclude(one_id=F("other_id"))
    )
    return pairs
