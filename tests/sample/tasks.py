"""The task that beat sends by night."""

from celery import shared_task

from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.sample.extension import GIVE_AWAY
from tests.sample.items import give_away


@shared_task(name=GIVE_AWAY)
def give_away_everywhere() -> None:
    """Give away what nobody fetched; idempotent, because it goes by age."""
    for tenant in Tenant.objects.filter(is_active=True):
        with tenant_scope(tenant):
            give_away()
