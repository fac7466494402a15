"""Writing the search documents of a whole club anew."""

from io import StringIO

import pytest
from django.core.management import call_command

from profiles.editing import update_customer
from profiles.merging.actions import merge_profiles
from profiles.models import SearchDocument
from profiles.search import rebuilding as search_rebuilding
from profiles.search.finding import search_profiles
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.profiles.stories import member, tell


def test_documents_of_before_are_completed_by_the_command(fairview: Club, kingsmere: Club) -> None:
    tell(kingsmere.tenant, member(1, firstName="Lindiwe"))
    tell(fairview.tenant, member(1, firstName="Lindiwe"), member(2, at=1, firstName="Zoë"))
    with tenant_scope(fairview.tenant):
        [lindiwe] = search_profiles("lindiwe")
        update_customer(lindiwe, {"tags": ["sommelier"]})
    with all_tenants():
        complete = dict(SearchDocument.objects.values_list("profile_id", "document"))
        SearchDocument.objects.all().delete()

    call_command("rebuild_search", stdout=StringIO())

    with all_tenants():
        assert dict(SearchDocument.objects.values_list("profile_id", "document")) == complete
    with tenant_scope(fairview.tenant):
        assert search_profiles("sommelier") == [lindiwe]


def test_the_command_says_how_many_and_leaves_merged_customers_out(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_rebuilding, "CHUNK", 2)
    tell(
        fairview.tenant,
        *(
            member(number, firstName=f"{name} of{number}")
            for number, name in enumerate(("Lindiwe", "Zoë", "Ann", "Bo"), 1)
        ),
    )
    with tenant_scope(fairview.tenant):
        [lindiwe], [zoe] = search_profiles("lindiwe"), search_profiles("zoe")
        merge_profiles(lindiwe, zoe)
    out = StringIO()

    call_command("rebuild_search", "--tenant", "fairview", stdout=out)

    assert out.getvalue() == "fairview: 3 customers can be found by all their words\n"
    with tenant_scope(fairview.tenant):
        assert search_profiles("zoe") == [lindiwe]
