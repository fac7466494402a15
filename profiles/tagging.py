"""Tags and stages of many people at once: what `profiles.editing` does to one, as statements."""

from collections.abc import Collection
from hashlib import md5
from typing import Any, Final
from uuid import UUID

from events import log
from profiles import cache
from profiles.golden_rows.recomputing import store_documents
from profiles.models import LifecycleStage
from profiles.vocabulary import STAGE_LADDER

# A tag to be removed is told by its hash: where it names somebody who is erased, no statement may, because PostgreSQL
# logs those that fail. The shares of merged sides follow, so that an unmerge takes back what each side had.
CHANGE_TAGS: Final = """
UPDATE profiles_customerprofile AS p
SET tags = changed.tags, version = p.version + 1, updated_at = now()
FROM (
    SELECT id, COALESCE((SELECT array_agg(DISTINCT tag ORDER BY tag) FROM unnest(tags || %(add)s::text[]) AS tag
                         WHERE md5(tag) <> ALL(%(remove)s::text[])), '{}') AS tags
    FROM profiles_customerprofile WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
) AS changed
WHERE p.tenant_id = %(tenant)s AND p.id = changed.id AND p.tags IS DISTINCT FROM changed.tags
RETURNING p.id
"""
CHANGE_SHARES: Final = """
UPDATE profiles_profileshare AS s
SET tags = COALESCE((SELECT array_agg(DISTINCT tag ORDER BY tag)
                     FROM unnest(s.tags || CASE WHEN s.profile_id = ANY(%(ids)s) THEN %(add)s::text[]
                                                ELSE '{}' END) AS tag
                     WHERE md5(tag) <> ALL(%(remove)s::text[])), '{}')
FROM profiles_customerprofile AS p
WHERE p.tenant_id = %(tenant)s AND s.tenant_id = %(tenant)s AND s.profile_id = p.id
  AND COALESCE(p.merged_into_id, p.id) = ANY(%(ids)s)
"""
CHANGE_STAGE: Final = """
UPDATE profiles_customerprofile
SET lifecycle_stage = %(stage)s, stage_reached = GREATEST(stage_reached, %(stage_rank)s), version = version + 1,
    updated_at = now()
WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s) AND lifecycle_stage <> %(stage)s
RETURNING id
"""
TELL: Final = """
INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
SELECT %(tenant)s, 'profile.changed', id, jsonb_build_object('changes', %(changes)s::text[])
FROM unnest(%(ids)s::uuid[]) AS id
"""


def change_tags(
    cursor: Any,
    tenant_id: UUID,
    profile_ids: Collection[UUID],
    *,
    add: Collection[str],
    remove: Collection[str],
) -> int:
    """Add and take away tags; returns how many people changed. Needs a transaction and the scope."""
    return len(retag(cursor, tenant_id, profile_ids, add=add, remove=remove))


def retag(
    cursor: Any,
    tenant_id: UUID,
    profile_ids: Collection[UUID],
    *,
    add: Collection[str],
    remove: Collection[str],
) -> list[UUID]:
    """The same; returns who changed."""
    parameters = {
        "tenant": tenant_id,
        "ids": list(profile_ids),
        "add": list(add),
        "remove": [md5(tag.encode(), usedforsecurity=False).hexdigest() for tag in remove],
    }
    cursor.execute(CHANGE_TAGS, parameters)
    changed = [row[0] for row in cursor.fetchall()]
    if changed:
        cursor.execute(CHANGE_SHARES, parameters | {"ids": changed})
        store_documents(cursor, tenant_id, changed)
        _tell(cursor, tenant_id, changed, ["tags"])
    return changed


def change_stage(cursor: Any, tenant_id: UUID, profile_ids: Collection[UUID], stage: str) -> int:
    """Set the stage of the lifecycle; returns how many people changed."""
    stage_rank = STAGE_LADDER.index(LifecycleStage(stage)) if stage in STAGE_LADDER else 0
    cursor.execute(
        CHANGE_STAGE,
        {"tenant": tenant_id, "ids": list(profile_ids), "stage": stage, "stage_rank": stage_rank},
    )
    changed = [row[0] for row in cursor.fetchall()]
    if changed:
        _tell(cursor, tenant_id, changed, ["lifecycleStage"])
    return len(changed)


def _tell(cursor: Any, tenant_id: UUID, changed: list[UUID], changes: list[str]) -> None:
    cursor.execute(TELL, {"tenant": tenant_id, "ids": changed, "changes": changes})
    log.wake_consumers()
    cache.forget(changed)
