"""What a club that knows nobody yet does first: a list of steps for whoever may take them, with what is done."""

from typing import NamedTuple

from django.urls import reverse

from tenants.admin.base import request_may
from tenants.middleware import StaffRequest
from tenants.models import ApiKey, Membership, Tenant
from tenants.roles import Right


class Step(NamedTuple):
    """One thing to do, where, and whether it is done."""

    label: str
    words: str
    url: str
    is_done: bool = False


def first_steps(request: StaffRequest, club: Tenant) -> list[Step]:
    """The steps open to the person's role; none for those who only read."""
    steps: list[Step] = []
    if request_may(request, Right.ADMINISTER):
        steps.append(
            Step(
                "Check the club’s data",
                "Name, clock, currency, and the tiers of membership, the highest first.",
                reverse("admin:tenants_tenant_change", args=[club.pk]),
                bool(club.tier_order),
            )
        )
    if request_may(request, Right.EDIT):
        words = "The spreadsheet as it is: it is checked row by row before anything happens, and can be taken back."
        steps.append(Step("Import your list of members", words, reverse("admin:imports")))
    if request_may(request, Right.CORRECT):
        words = "Whoever stands at the desk now."
        steps.append(Step("Add somebody by hand", words, reverse("admin:profiles_customerprofile_add")))
    if request_may(request, Right.ADMINISTER):
        has_colleagues = Membership.objects.filter(tenant=club).count() > 1
        has_keys = ApiKey.objects.filter(tenants=club, revoked_at=None).exists()
        steps += [
            Step(
                "Invite colleagues",
                "Each by a link that works once, in a role of their own.",
                reverse("admin:tenants_invitation_add"),
                has_colleagues,
            ),
            Step(
                "Connect your services",
                "For your technician: membership, tee times and messages tell this club by an API key.",
                reverse("admin:tenants_apikey_add"),
                has_keys,
            ),
        ]
    return steps
