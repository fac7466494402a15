"""A draft as a mail to a colleague: what the preview shows, in a real mailbox.

A colleague is nobody's customer, so there is no row of the ledger, no consent and no counter: the mail goes the way of
invitations, with a member's data and a mark in the subject.
"""

from django.core.mail import EmailMultiAlternatives

from campaigns.admin.previews import previews_of
from campaigns.models import Campaign
from tenants.models import Membership, Tenant


def is_colleague(address: str, club: Tenant) -> bool:
    """Whether somebody who may sign in for the club has this address."""
    rows = Membership.objects.filter(tenant=club, user__email__iexact=address, user__is_active=True)
    return bool(rows.exists())


def mail_to_colleague(campaign: Campaign, club: Tenant, address: str, member: str = "") -> int:
    """One mail for each version and channel, as the chosen member would get it; returns how many were sent.

    Raises OSError and SMTPException where the mail server does not take it.
    """
    shown = previews_of(campaign, club, member)
    sent = 0
    for each in shown["previews"]:
        if each.get("problem") or not (each.get("body") or each.get("html")):
            continue
        version = f", version {each['label']}" if shown["is_test"] else ""
        words = f"[Test, {each['channel'].label}{version}] {each.get('subject', '')}"
        mail = EmailMultiAlternatives(" ".join(words.split()), each.get("body", ""), to=[address])
        if each.get("html"):
            mail.attach_alternative(each["html"], "text/html")
        sent += mail.send()
    return sent
