"""Whether anything differs at all: what a rule means, against the sum of the members, without a look at them.

Each segment keeps how many members it has and the exclusive or of their hashes. Everybody is counted and summed up as a
bare count would do it; the same figures mean the same people. Where they are not the same, it is mostly because of
whoever was written since everybody was last compared: rows know the transaction that wrote them. These few are weighed,
and if the figures agree after that, nobody else differs. Otherwise everybody is compared with the members. What rows
say of their age decides only how long that takes, never who is a member.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction

from profiles.restricting import RESTRICTED
from segments.clock import Clock
from segments.compiler import Parameters, compile_with
from segments.models import Segment
from segments.ruled import Ruled
from tenants.models import Tenant

# `mxid_age` is plain arithmetic on a number of the kind `xid`; `age` itself keeps a query from running in parallel.
_RECENT: Final = "mxid_age(p.xmin) <= %(age)s"
AGE: Final = "SELECT mxid_age(%(since)s::xid)"
# What costs little first: PostgreSQL does not sort what stands within an OR.
_IS_IN: Final = "({condition} AND p.status IN ('ACTIVE', 'INACTIVE'){allowed})"
# The restricted as a value: a query in its place would not run in parallel either.
_ALLOWED: Final = " AND p.id <> ALL (%(restricted)s::uuid[])"
# Whoever is not recent is here because the rule means them.
GLANCE: Final = f"""
SELECT s.member_count = seen.members AND s.member_sum = seen.sum, seen.members, seen.sum,
       CASE WHEN cardinality(seen.recent) <= %(most)s THEN seen.recent::text END,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint
FROM segments_segment AS s CROSS JOIN (
    SELECT count(*) FILTER (WHERE is_in) AS members,
           COALESCE(bit_xor(uuid_hash_extended(id, 0)) FILTER (WHERE is_in), 0) AS sum,
           array_agg(id) FILTER (WHERE is_recent) AS recent
    FROM (SELECT p.id, {_RECENT} AS is_recent, CASE WHEN {_RECENT} THEN {{is_in}} ELSE TRUE END AS is_in
          FROM profiles_customerprofile AS p
          WHERE p.tenant_id = %(tenant)s AND ({{is_in}} OR {_RECENT})) AS p) AS seen
WHERE s.tenant_id = %(tenant)s AND s.id = %(segment)s
"""
AGREES: Final = """
SELECT member_count = %(members)s AND member_sum = %(sum)s FROM segments_segment
WHERE tenant_id = %(tenant)s AND id = %(segment)s
"""
XIDS: Final = 2**32
COMPARED_EVERY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Glance:
    """What a look at everybody said of one segment.

    `is_true`: the kept figures are those of the rule; `recent`: who was written since the last comparison, as an array
    in PostgreSQL's writing (None: too many); `xid`: no transaction before this one was still running.
    """

    is_true: bool
    members: int
    sum: int
    recent: str | None
    xid: int

    def agrees(self, tenant: Tenant, segment: Ruled) -> bool:
        """Whether the kept figures are now those that were seen."""
        values: dict[str, Any] = {
            "tenant": tenant.pk,
            "segment": segment.id,
            "members": self.members,
            "sum": self.sum,
        }
        with connection.cursor() as cursor:
            cursor.execute(AGREES, values)
            return bool(cursor.fetchone()[0])


def glance(tenant: Tenant, segment: Ruled, clock: Clock, *, most: int) -> Glance | None:
    """Count everybody whom the rule means; None where that would not be quicker than a comparison.

    It is not for rules about the timeline or other segments, nor where this version was not compared within
    COMPARED_EVERY: what the kept figures cannot tell is put right by then. `most`: so many recent ones are told. Reads
    only.
    """
    mentions = segment.rule.mentions
    compared = Segment.objects.filter(
        pk=segment.id, refreshed_version=segment.version, compared_at__gt=clock.now - COMPARED_EVERY
    )
    since = compared.values_list("compared_xid", flat=True).first()
    if mentions.event_types or mentions.segments or since is None:
        return None
    parameters = Parameters("g")
    condition = compile_with(parameters, segment.rule.root, tenant.pk, clock)
    values: dict[str, Any] = {"tenant": tenant.pk, "segment": segment.id, "most": most}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RESTRICTED, values)
        values["restricted"] = [person for (person,) in cursor.fetchall()]
        cursor.execute(AGE, {"since": str(since % XIDS)})
        [(values["age"],)] = cursor.fetchall()
        is_in = _IS_IN.format(condition=condition, allowed=_ALLOWED if values["restricted"] else "")
        cursor.execute(GLANCE.format(is_in=is_in), values | parameters.values)
        return Glance(*cursor.fetchone())
