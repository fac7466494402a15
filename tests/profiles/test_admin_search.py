"""The search box of the back office: what fits is marked, and what is not seen is said."""

from profiles.editing import Author, add_note, update_customer
from profiles.merging.actions import merge_profiles
from profiles.search.finding import search_profiles
from tenants.scope import tenant_scope
from tests.back_office import SEARCH, counted_queries, desk, page_of, text_of
from tests.cast import Club
from tests.profiles import stories
from tests.profiles.api_callers import thandi

PLAYER = "6f1b0a52-8a7e-4f0e-9a44-0d8a2f6f0001"


def test_the_search_box_marks_what_fits_and_says_why(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    with tenant_scope(fairview.tenant):
        update_customer(customer_id, {"tags": ["Wine club"]})
        add_note(customer_id, "Slight <b>knee</b> problem since May", Author("Ann"))
    browser = desk(fairview.viewer)

    def answer(text: str) -> str:
        return text_of(browser.post(SEARCH, {"q": text}))

    assert "<mark>Than</mark>di" in answer("than")
    assert "+27 <mark>82 1</mark>23" in answer("0821")
    assert "<mark>47</mark>11" in answer("47")
    assert "<b>Tag</b> <mark>Wine</mark> club" in answer("thandi wine")
    assert "<b>Note</b> Slight &lt;b&gt;<mark>knee</mark>&lt;/b&gt; problem" in answer("knee")
    guess = answer("thnadi")
    assert "Did you mean" in guess
    assert "<mark>Thandi</mark>" in guess
    assert "Did you mean" not in answer("thandi")


def test_the_search_box_names_whom_somebody_was_and_where_they_play(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    stories.tell(
        fairview.tenant,
        stories.player(PLAYER, at=2, name="Sean", surname="O’Brien<i>", homeClubName="Königstein Links"),
    )
    with tenant_scope(fairview.tenant):
        [other] = search_profiles("sean")
    browser = desk(fairview.viewer)
    assert "<b>Club</b> <mark>Königst</mark>ein Links" in text_of(browser.post(SEARCH, {"q": "konigst"}))
    with tenant_scope(fairview.tenant):
        merge_profiles(customer_id, other)

    html = text_of(browser.post(SEARCH, {"q": "thandi mokoena"}))

    assert page_of(customer_id) in html
    assert "<b>Also known as</b> <mark>Thandi</mark> <mark>Mokoena</mark>" in html
    assert "O’Brien&lt;i&gt;" in html
    assert PLAYER in text_of(browser.post(SEARCH, {"q": PLAYER}))


def test_the_search_box_takes_as_many_queries_for_many_as_for_one(fairview: Club) -> None:
    browser = desk(fairview.viewer)
    numbers = []
    for many in (1, 7):
        for number in range(many):
            stories.tell(fairview.tenant, stories.member(100 * many + number, firstName="Same"))
            with tenant_scope(fairview.tenant):
                for profile_id in search_profiles("same"):
                    add_note(profile_id, "Knee", Author("Ann"))
        browser.post(SEARCH, {"q": "knee"})
        with counted_queries() as queries:
            html = text_of(browser.post(SEARCH, {"q": "knee"}))
        numbers.append((html.count('role="option"'), queries[0]))

    (few, one), (most, several) = numbers
    assert (few, most) == (1, 8)
    assert one == several


def test_the_box_leads_to_pages_and_acts_and_whom_one_saw_last(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    manager, viewer = desk(fairview.marketing_manager), desk(fairview.viewer)
    manager.get(page_of(customer_id))

    acts = text_of(manager.post(SEARCH, {"q": "note for thandi"}))

    assert "/admin/customers/imports/" in text_of(manager.post(SEARCH, {"q": "impo"}))
    assert "/admin/customers/imports/" not in text_of(viewer.post(SEARCH, {"q": "impo"}))
    assert f"{page_of(customer_id)}#id_body" in acts
    assert "#id_body" not in text_of(viewer.post(SEARCH, {"q": "note for thandi"}))
    assert page_of(customer_id) in text_of(manager.post(SEARCH, {"q": ""}))
    assert page_of(customer_id) not in text_of(viewer.post(SEARCH, {"q": ""}))
