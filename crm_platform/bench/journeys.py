"""Journeys: moving people at rest and at scale; crowds; moves; trials over the past; with all programs running."""

from crm_platform.bench import journeys_crowd, journeys_dry, journeys_engine, journeys_live, journeys_scale
from crm_platform.bench.database import connect
from crm_platform.bench.figures import Figure
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.setting import Setting
from tenants.scope import tenant_scope


def run(setting: Setting) -> list[Figure]:
    """One club for all; each part clears the tables of journeys before it begins."""
    tenant = make_tenant()
    load_people(tenant, setting.sizes.people, setting.reporter, with_history=False)
    figures: list[Figure] = []
    with connect() as connection:
        for part in (journeys_engine, journeys_scale, journeys_crowd, journeys_dry):
            with tenant_scope(tenant):
                figures += part.measure(setting, connection, tenant)
        figures += journeys_live.measure(setting, connection, tenant)
    return figures
