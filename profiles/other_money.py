"""What a customer paid in other currencies than the club's: shown beside the lifetime value, never in it."""

from uuid import UUID

from django.db import connection

from profiles.club import money
from tenants.models import Tenant

# One person's rows by the index of the timeline.
SUMS = """
SELECT currency, cents FROM (
    SELECT metadata->>'currency' AS currency,
           sum(CASE type WHEN 'PAYMENT_RECEIVED' THEN 1 WHEN 'PAYMENT_REFUNDED' THEN -1 ELSE 0 END
               * (metadata->>'amountCents')::bigint) AS cents
    FROM profiles_activity
    WHERE tenant_id = %s AND profile_id = %s AND category = 'PAYMENT' AND metadata->>'currency' <> %s
    GROUP BY 1) AS summed
WHERE cents <> 0 ORDER BY currency
"""


def other_money(profile_id: UUID, club: Tenant) -> list[str]:
    """A sum for each other currency, in words; empty for nearly everybody."""
    with connection.cursor() as cursor:
        cursor.execute(SUMS, [club.pk, profile_id, club.currency])
        return [money(int(cents), currency, club.locale) for currency, cents in cursor.fetchall()]
