"""`updatedFrom` has an index, and rows go on changing in place."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from profiles.models import CustomerProfile
from profiles.reading import CustomerFilter, list_customers
from tenants.postgresql.base import as_owner
from tenants.scope import tenant_scope
from tests.cast import Club

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_tables")]
FILL = """
INSERT INTO profiles_customerprofile SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', gen_random_uuid(), 'updated_at', now() - make_interval(mins => i)))).*
FROM profiles_customerprofile AS one, generate_series(1, 5000) AS i WHERE one.tenant_id = %s
"""
IN_PLACE = "SELECT pg_stat_get_xact_tuples_hot_updated('profiles_customerprofile'::regclass)"


def test_what_changed_lately_is_found_without_reading_the_club(fairview: Club) -> None:
    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        long_ago = timezone.now() - timedelta(days=300)
        one = CustomerProfile.objects.create(tenant_id=fairview.tenant.pk)
        CustomerProfile.objects.filter(pk=one.pk).update(updated_at=long_ago)
        cursor.execute(FILL, [fairview.tenant.pk])
        with as_owner():
            cursor.execute("ANALYZE profiles_customerprofile")
        since = timezone.now() - timedelta(hours=1)

        plan = list_customers(CustomerFilter(updated_from=since)).order_by("updated_at", "id")[:25].explain()
        found = list_customers(CustomerFilter(updated_from=since)).count()

    assert 50 < found <= 60
    assert "profiles_profile_updated_idx" in plan, plan


def test_a_change_of_the_time_alone_stays_in_place(fairview: Club) -> None:
    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        one = CustomerProfile.objects.create(tenant_id=fairview.tenant.pk)
        cursor.execute(IN_PLACE)
        [before] = cursor.fetchone()

        CustomerProfile.objects.filter(pk=one.pk).update(updated_at=timezone.now())

        cursor.execute(IN_PLACE)
        assert cursor.fetchone()[0] == before + 1
