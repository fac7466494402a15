"""Who is held out and who gets which variant: by a hash of the person, the same in Python and in SQL.

Nothing is drawn and nothing has to be remembered: the same person falls into the same bucket of the same salt each
time, on every machine. Buckets count hundredths of a per cent.
"""

import hashlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

BUCKETS: Final = 10_000
PER_CENT: Final = 100
# The first 32 bits of MD5, the one digest of PostgreSQL that is fast, leakproof enough and gives text.
SQL: Final = "mod(('x' || substr(md5({salt} || ':' || {id}::text), 1, 8))::bit(32)::bigint, 10000)"


def bucket(salt: str, profile_id: UUID) -> int:
    """0 … 9999; `bucket_sql` is the same in SQL."""
    digest = hashlib.md5(f"{salt}:{profile_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % BUCKETS


def bucket_sql(salt: str, profile_id: str) -> str:
    """The same as an expression; both arguments are SQL, such as `%(salt)s` and `p.id`."""
    return SQL.format(salt=salt, id=profile_id)


def hold_out_salt(campaign_id: UUID) -> str:
    """Of the hold-out of one campaign, over all its occurrences."""
    return f"hold-out:{campaign_id}"


def global_salt(tenant_id: UUID) -> str:
    """Of those of a club who get no campaign at all."""
    return f"hold-out:{tenant_id}"


def variant_salt(campaign_id: UUID) -> str:
    """Of the shares of an A/B test."""
    return f"variant:{campaign_id}"


def limits(weights: Sequence[int], *, share_percent: int = 100) -> list[int]:
    """The upper bounds (exclusive) of the variants' buckets; who is above the last belongs to the rest.

    `share_percent` of everybody take part in the test, parted by the weights.
    """
    if not weights or min(weights) < 0 or not sum(weights):
        raise ValueError("weights must be positive")
    taking_part, total = share_percent * PER_CENT, sum(weights)
    bounds, so_far = [], 0
    for weight in weights:
        so_far += weight
        bounds.append(round(taking_part * so_far / total))
    return bounds


def variant_of(salt: str, profile_id: UUID, bounds: Sequence[int]) -> int | None:
    """The place of the person's variant; None: the rest, who wait for the winner."""
    mine = bucket(salt, profile_id)
    return next((place for place, bound in enumerate(bounds) if mine < bound), None)
