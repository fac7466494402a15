"""The tags of a club: which there are, their colours, and what is done to one everywhere."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from profiles.bulk import keep_act
from profiles.editing import LONGEST_TAG, Author
from profiles.errors import InvalidFields
from profiles.models import BulkAct, TagColour
from profiles.models.desk import HUES
from profiles.tagging import retag
from tenants.expiring_cache import ExpiringCache
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import current_tenant_id

MOST_TAGS: Final = 500
COLOUR_SECONDS: Final = 5.0
KNOWN_SECONDS: Final = 120.0
COUNTED: Final = """
SELECT tag, count(*) FROM profiles_customerprofile AS p, unnest(p.tags) AS tag
WHERE p.tenant_id = %(tenant)s AND p.status NOT IN ('MERGED', 'DELETED') AND p.tags <> '{}'
GROUP BY tag ORDER BY count(*) DESC, tag LIMIT %(most)s
"""
HOLDERS: Final = """
SELECT id FROM profiles_customerprofile
WHERE tenant_id = %(tenant)s AND status NOT IN ('MERGED', 'DELETED') AND %(tag)s = ANY(tags)
"""
_known: ExpiringCache[UUID, list["Tag"]] = ExpiringCache(max_entries=2_000)
_colours: ExpiringCache[UUID, dict[str, int]] = ExpiringCache(max_entries=2_000)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag with its colour and how many have it."""

    name: str
    hue: int
    count: int = 0


def tags_in_use() -> list[Tag]:
    """The club's tags, the commonest first; one pass over its customers."""
    colours = colours_of()
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, {"tenant": current_tenant_id(), "most": MOST_TAGS})
        return [Tag(name, colours.get(name, _own_hue(name)), count) for name, count in cursor.fetchall()]


def known_tags() -> list[Tag]:
    """The same as suggestions, kept a while, since they stand on each customer's page."""
    tenant_id = current_tenant_id()
    kept = _known.get(tenant_id)
    if kept is None:
        kept = tags_in_use()
        _known.put(tenant_id, kept, seconds=KNOWN_SECONDS)
    return kept


def colours_of() -> dict[str, int]:
    """The colours that were chosen."""
    tenant_id = current_tenant_id()
    kept = _colours.get(tenant_id)
    if kept is None:
        kept = dict(TagColour.objects.values_list("tag", "hue"))
        _colours.put(tenant_id, kept, seconds=COLOUR_SECONDS)
    return kept


def coloured(names: list[str]) -> list[Tag]:
    """Tags of one person."""
    colours = colours_of()
    return [Tag(name, colours.get(name, _own_hue(name))) for name in names]


def paint(tag: str, colour: int) -> None:
    """Choose the colour of a tag; raises InvalidFields."""
    if colour not in range(HUES):
        raise InvalidFields({"hue": "Choose one of the colours."})
    TagColour.objects.update_or_create(
        tenant_id=current_tenant_id(), tag=_checked(tag), defaults={"hue": colour}
    )
    _colours.put(current_tenant_id(), {}, seconds=0)


def rename_tag(old: str, new: str, author: Author) -> BulkAct:
    """Everybody's tag gets another name; where that name is used already, the two become one. Raises InvalidFields."""
    new = _checked(new)
    if new == old:
        raise InvalidFields({"tag": "This is its name already."})
    with transaction.atomic():
        both = set(_holders(old)) & set(_holders(new))
        act = _everywhere(old, [new], author, f"Renamed the tag “{old}” to “{new}”", both)
        colour = TagColour.objects.filter(tag=old).first()
        if colour is not None and not TagColour.objects.filter(tag=new).exists():
            TagColour.objects.create(tenant_id=current_tenant_id(), tag=new, hue=colour.hue)
    return act


def delete_tag(tag: str, author: Author) -> BulkAct:
    """Take the tag away from everybody."""
    return _everywhere(tag, [], author, f"Deleted the tag “{tag}”", set())


def rename_back(act: BulkAct, ids: list[UUID]) -> int:
    """Take a renaming back: the old name for all, the new one stays with those who had it before."""
    before = {UUID(each) for each in act.data["both"]}
    with connection.cursor() as cursor:
        alone = [each for each in ids if each not in before]
        had_both = [each for each in ids if each in before]
        done = retag(cursor, act.tenant_id, alone, add=[act.data["tag"]], remove=[act.data["new"]])
        return len(done) + len(retag(cursor, act.tenant_id, had_both, add=[act.data["tag"]], remove=[]))


def _everywhere(tag: str, add: list[str], author: Author, title: str, both: set[UUID]) -> BulkAct:
    with transaction.atomic(), connection.cursor() as cursor:
        lock_tenant(AdvisoryLock.IDENTITY)
        ids = _holders(tag)
        changed = retag(cursor, current_tenant_id(), ids, add=add, remove=[tag])
        data: dict[str, Any] = {"tag": tag, "new": add[0] if add else "", "both": sorted(map(str, both))}
        kind = "rename-tag" if add else "delete-tag"
        return keep_act(kind, title, author, chosen=len(ids), changed=changed, data=data)


def _own_hue(tag: str) -> int:
    """The colour of a tag for which nobody chose one: always the same."""
    return sum(tag.encode()) % HUES


def _holders(tag: str) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS, {"tenant": current_tenant_id(), "tag": tag})
        return [row[0] for row in cursor.fetchall()]


def _checked(tag: str) -> str:
    tag = " ".join(tag.split())
    if not tag or len(tag) > LONGEST_TAG or "\x00" in tag:
        raise InvalidFields({"tag": f"Give a tag of 1 to {LONGEST_TAG} characters."})
    return tag
