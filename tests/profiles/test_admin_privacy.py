"""Privacy in the back office."""

import io
import re
import zipfile
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from profiles.models import CustomerProfile, ErasureCount, ErasureReceipt, PrivacyRequest, SuppressedKey
from profiles.privacy import counting, erasing
from profiles.privacy.counting import COUNTS, ask_for_count, ask_for_erasure, count_erasures, count_of
from profiles.privacy.letter import letter_of
from tenants.expiring_cache import clear_all_caches
from tenants.models import LoggedAction
from tenants.scope import tenant_scope
from tests.back_office import desk
from tests.cast import Club
from tests.profiles.api_callers import thandi
from tests.profiles.stories import event, tell


def test_nobody_is_erased_before_the_word_was_typed(fairview: Club) -> None:
    profile_id = thandi(fairview.tenant)
    address = reverse("admin:customer_erase", args=[profile_id])
    client = desk(fairview.admin)

    opened = client.get(address).content.decode()
    waiting = client.post(address, {"act": "count"}, follow=True).content.decode()
    being_counted = client.get(reverse("admin:customer_erase_count", args=[profile_id]))
    with tenant_scope(fairview.tenant):
        count_erasures()
    counted = client.get(reverse("admin:customer_erase_count", args=[profile_id]))
    preview = client.get(address).content.decode()
    refused = client.post(address, {"confirmation": "yes", "reason": "gdpr_erasure"})
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.get(pk=profile_id).first_name == "Thandi"
        assert not ErasureReceipt.objects.exists()
    erasing = client.post(address, {"confirmation": "ERASE", "reason": "gdpr_erasure"}, follow=True)
    asked_again = client.post(address, {"act": "count"}, follow=True)
    progress = client.get(reverse("admin:customer_erase_count", args=[profile_id]))
    with tenant_scope(fairview.tenant):
        assert not ErasureReceipt.objects.exists()
        count_erasures()
    done = client.get(reverse("admin:customer_erase_count", args=[profile_id]), follow=True)

    assert "Count what would go" in opened
    assert "Being counted" in waiting
    assert (being_counted.status_code, counted.status_code) == (200, 302)
    assert "What services and staff told" in preview
    assert "Addresses and numbers" in preview
    assert refused.status_code == 422
    for page in (erasing, asked_again, progress):
        assert "Being erased" in page.content.decode()
        assert "Type ERASE" not in page.content.decode()
    assert "Asked under the GDPR" in done.content.decode()
    assert "Erased. The receipt is below." in done.content.decode()
    with tenant_scope(fairview.tenant):
        assert ErasureReceipt.objects.get().erased_by_name == (
            fairview.admin.get_full_name() or fairview.admin.get_username()
        )
        assert not ErasureCount.objects.exists()
    assert client.get(address).headers["Location"] == reverse("admin:privacy")


def test_an_erasure_that_is_confirmed_while_it_is_counted_is_done_and_not_answered_with_figures(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id = thandi(fairview.tenant)
    whole = erasing.erase_customer

    def slow(profile_id: UUID, *, reason: str, dry_run: bool = False) -> Any:
        done = whole(profile_id, reason=reason, dry_run=dry_run)
        if dry_run:
            ask_for_erasure(profile_id, reason="gdpr_erasure", user=fairview.admin)
        return done

    monkeypatch.setattr(counting, "erase_customer", slow)
    with tenant_scope(fairview.tenant):
        ask_for_count(profile_id)
        count_erasures()

        receipt = ErasureReceipt.objects.get()

    assert (receipt.reason, receipt.erased_by_id) == ("gdpr_erasure", str(fairview.admin.pk))


def test_a_request_of_a_source_is_listed_and_can_be_rejected_once(fairview: Club) -> None:
    thandi(fairview.tenant)
    tell(fairview.tenant, event("scl.member.deleted", {"id": 4711, "deletionType": "hard"}))
    client = desk(fairview.admin)
    with tenant_scope(fairview.tenant):
        asked = PrivacyRequest.objects.get()

    listed = client.get(reverse("admin:privacy")).content.decode()
    address = reverse("admin:privacy_reject", args=[asked.pk])
    unexplained = client.post(address, follow=True).content.decode()
    with tenant_scope(fairview.tenant):
        assert PrivacyRequest.objects.get().status == "OPEN"
    for _ in range(2):
        client.post(address, {"reason": "An open invoice"})

    assert "Thandi Mokoena" in listed
    assert "30 days left" in listed or "29 days left" in listed
    assert "Say why: the person has a right to know." in unexplained
    with tenant_scope(fairview.tenant):
        assert PrivacyRequest.objects.get().status == "REJECTED"
        rejected = LoggedAction.objects.get(action="privacy_request.rejected")
        assert rejected.details["reason"] == "An open invoice"


def test_the_customer_page_says_that_the_data_rests(fairview: Club) -> None:
    profile_id = thandi(fairview.tenant)
    client = desk(fairview.admin)

    client.post(reverse("admin:customer_restrict", args=[profile_id]), {"restricted": "yes"})

    page = client.get(reverse("admin:profiles_customerprofile_change", args=[profile_id])).content.decode()
    assert "Use restricted" in page
    assert "Allow use again" in page


def test_a_copy_is_a_zip(fairview: Club) -> None:
    answer = desk(fairview.admin).post(reverse("admin:customer_copy", args=[thandi(fairview.tenant)]))

    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.content.startswith(b"PK")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        letter = archive.read("letter.html").decode()
    assert "Dear Thandi Mokoena," in letter
    assert "Member number</th><td>4711" in letter
    assert "told by the membership system" in letter
    assert "tenantId" not in letter


def test_the_letter_is_written_as_the_club_writes(fairview: Club) -> None:
    customer = {
        "displayName": "Anna",
        "dateOfBirth": "1984-05-17",
        "memberSince": date(2011, 3, 1),
        "handicap": 12.4,
        "country": "ZA",
        "language": "af",
        "membershipStatus": "ACTIVE",
        "emailOptIn": True,
    }
    tenant = fairview.tenant
    tenant.locale = "en_ZA"
    tenant.save()
    clear_all_caches()

    with tenant_scope(tenant):
        letter = letter_of(
            {"customer": customer, "data": {}, "consentHistory": [], "exportedAt": "2026-11-29T22:30:00Z"}
        )

    facts = dict(re.findall('<th scope="row">([^<]*)</th><td>([^<]*)</td>', letter))
    assert facts == {
        "Preferred name": "Anna",
        "Date of birth": "17 May 1984",
        "Member since": "1 March 2011",
        "Handicap": "12,4",
        "Country": "South Africa",
        "Language": "Afrikaans",
        "Membership status": "Active",
        "We may write e-mails": "yes",
    }
    assert "30 November 2026" in letter


def test_who_comes_back_is_let_in_by_address(fairview: Club) -> None:
    profile_id = thandi(fairview.tenant)
    client = desk(fairview.admin)
    client.post(
        reverse("admin:customer_erase", args=[profile_id]),
        {"confirmation": "ERASE", "reason": "gdpr_erasure"},
    )
    with tenant_scope(fairview.tenant):
        count_erasures()
        before = SuppressedKey.objects.count()

    client.post(reverse("admin:privacy_readmit"), {"address": "Thandi@Example.org"})

    with tenant_scope(fairview.tenant):
        assert SuppressedKey.objects.count() == before - 1


def test_a_count_whose_worker_died_three_times_is_given_up_and_may_be_asked_for_again(fairview: Club) -> None:
    profile_id = thandi(fairview.tenant)
    with tenant_scope(fairview.tenant):
        ask_for_count(profile_id)
        for _ in range(3):
            assert COUNTS.claim(most=1)
            assert COUNTS.claim(most=1) == []
            ErasureCount.objects.update(leased_until="2026-01-01T00:00Z")

        assert COUNTS.tenants_with_work() == [fairview.tenant.pk]
        count_erasures()
        given_up = count_of(profile_id)
        ask_for_count(profile_id)
        count_erasures()
        counted = count_of(profile_id)

    assert given_up is not None
    assert given_up.status == "FAILED"
    assert counted is not None
    assert counted.status == "DONE"
    assert counted.counts["profiles.CustomerProfile"] == {"anonymised": 1, "blanked": 0}
    assert "profiles.ErasureCount" not in counted.counts
