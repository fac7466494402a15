"""Several candidates that are by now about the same two customers: staff see and decide the pair once."""

import re

from profiles.matching.review import decide, queue, undo_decision
from profiles.models import CustomerProfile
from tenants.scope import tenant_scope
from tests.back_office import desk, page_of, text_of
from tests.cast import Club
from tests.profiles.records import candidate, identifier, profile

WITHOUT_TAGS = re.compile(r"<[^>]*>")
REVIEW = "/admin/customers/review/"


def two_with_two_candidates(fairview: Club) -> tuple[CustomerProfile, CustomerProfile, list[int]]:
    """Ann and Ben; a record that was merged into Ann has a candidate with Ben, too."""
    ann = profile(fairview.tenant, first_name="Ann", lifetime_value_cents=100)
    ben = profile(fairview.tenant, first_name="Ben")
    merged = profile(fairview.tenant, first_name="Anne", status="MERGED", merged_into_id=ann.pk)
    rows = [candidate(fairview.tenant, one.pk, ben.pk) for one in (ann, merged)]
    return ann, ben, [row.pk for row in rows]


def test_a_pair_waits_once_however_many_records_told_of_it(fairview: Club) -> None:
    _, _, [first, _] = two_with_two_candidates(fairview)

    html = text_of(desk(fairview.staff).get(REVIEW))

    assert "1 pair waits" in html
    assert "Pairs to review 1" in " ".join(
        WITHOUT_TAGS.sub(" ", text_of(desk(fairview.staff).get("/admin/"))).split()
    )
    with tenant_scope(fairview.tenant):
        assert list(queue().values_list("pk", flat=True)) == [first]


def test_what_staff_said_of_two_customers_holds_for_all_their_records(fairview: Club) -> None:
    ann, _, [first, second] = two_with_two_candidates(fairview)
    browser = desk(fairview.staff)

    with tenant_scope(fairview.tenant):
        assert "May be the same person" in text_of(browser.get(page_of(ann.pk)))
        for decision in ("KEPT_APART", "HOUSEHOLD", "SKIPPED"):
            decide(second, decision)
            assert not queue().exists()
            assert "May be the same person" not in text_of(browser.get(page_of(ann.pk)))
            undo_decision(second)
            assert list(queue().values_list("pk", flat=True)) == [first]


def test_an_address_that_several_records_told_is_written_once(fairview: Club) -> None:
    ann, _, _ = two_with_two_candidates(fairview)
    merged = profile(fairview.tenant, status="MERGED", merged_into_id=ann.pk)
    for origin in (ann, merged):
        address = {"kind": "email", "value": "ann@example.org", "is_shared": True}
        identifier(fairview.tenant, ann.pk, origin_profile_id=origin.pk, **address)

    html = text_of(desk(fairview.staff).get(REVIEW))

    assert html.count("ann@example.org") == 1
