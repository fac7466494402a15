"""What is done to many customers at once, written down so that it can be taken back exactly.

An act has a row for each customer whom it changed, and only for those: whoever had the tag before keeps it when the act
is taken back. Whoever was merged or erased since is left as they are.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Func, QuerySet, TextField
from django.utils import timezone

from profiles.desk_rows import tell_of
from profiles.editing import LONGEST_NOTE, LONGEST_TAG, Author
from profiles.errors import InvalidFields
from profiles.models import BulkAct, BulkActChange, CustomerProfile, Note
from profiles.tagging import retag
from tenants.action_log import log_action
from tenants.declarations import every, resolve
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import current_tenant_id

NOTE: Final = "note"
MOST_AT_ONCE: Final = 100_000
MOST_ACTS: Final = 50
MOST_STANDING: Final = 50
# Kinds that are no act on chosen customers.
OWN_UNDO: Final = {"rename-tag": "profiles.tags.rename_back", "delete-tag": "profiles.bulk.tag_again"}
KEEP: Final = """
INSERT INTO profiles_bulkactchange (tenant_id, act_id, profile_id, made_id)
SELECT %(tenant)s, %(act)s, c.profile_id, c.made_id
FROM unnest(%(ids)s::uuid[], %(made)s::uuid[]) AS c (profile_id, made_id)
"""
NOTES: Final = """
INSERT INTO profiles_note (tenant_id, id, profile_id, origin_profile_id, body, is_pinned, author_id, author_name)
SELECT %(tenant)s, n.id, n.profile_id, n.profile_id, %(body)s, false, %(author)s, %(name)s
FROM unnest(%(made)s::uuid[], %(ids)s::uuid[]) AS n (id, profile_id)
"""


def add_tag(profile_ids: Collection[UUID], tag: str, author: Author) -> BulkAct:
    """Tag them; raises InvalidFields (tag)."""
    return _change_tag(profile_ids, tag, author, "tag", f"Tagged “{tag}”")


def remove_tag(profile_ids: Collection[UUID], tag: str, author: Author) -> BulkAct:
    """Take a tag away from them; raises InvalidFields (tag)."""
    return _change_tag(profile_ids, tag, author, "untag", f"Took away the tag “{tag}”")


def _change_tag(profile_ids: Collection[UUID], tag: str, author: Author, kind: str, title: str) -> BulkAct:
    if not tag or len(tag) > LONGEST_TAG or "\x00" in tag:
        raise InvalidFields({"tag": f"Give a tag of 1 to {LONGEST_TAG} characters."})
    add, remove = ([tag], []) if kind == "tag" else ([], [tag])
    with transaction.atomic(), connection.cursor() as cursor:
        lock_tenant(AdvisoryLock.IDENTITY)
        changed = retag(cursor, current_tenant_id(), profile_ids, add=add, remove=remove)
        return keep_act(kind, title, author, chosen=len(profile_ids), changed=changed, data={"tag": tag})


def add_notes(profile_ids: Collection[UUID], body: str, author: Author) -> BulkAct:
    """The same note about each; raises InvalidFields (body)."""
    body = body.strip()
    if not body or len(body) > LONGEST_NOTE or "\x00" in body:
        raise InvalidFields({"body": f"Write a note of 1 to {LONGEST_NOTE:,} characters."})
    ids = list(profile_ids)
    made = [uuid.uuid4() for _ in ids]
    with transaction.atomic(), connection.cursor() as cursor:
        lock_tenant(AdvisoryLock.IDENTITY)
        values: dict[str, Any] = {"tenant": current_tenant_id(), "ids": ids, "made": made, "body": body}
        cursor.execute(
            NOTES, values | {"author": author.user.pk if author.user else None, "name": author.name}
        )
        return keep_act(NOTE, "Wrote a note", author, chosen=len(ids), changed=ids, made=made)


def keep_act(
    kind: str,
    title: str,
    author: Author,
    *,
    chosen: int,
    changed: Sequence[UUID],
    data: dict[str, Any] | None = None,
    made: Iterable[UUID] | None = None,
) -> BulkAct:
    """Write down what was done and to whom; in the transaction that did it."""
    act: BulkAct = BulkAct.objects.create(
        tenant_id=current_tenant_id(),
        kind=kind,
        title=title,
        data=data or {},
        chosen=chosen,
        by=author.user,
        by_name=author.name,
    )
    with connection.cursor() as cursor:
        rows = list(made) if made is not None else [None] * len(changed)
        cursor.execute(KEEP, {"tenant": act.tenant_id, "act": act.pk, "ids": list(changed), "made": rows})
    log_action("bulk.done", subject_kind="bulkAct", subject_id=act.pk, details={"kind": kind})
    if kind != NOTE:
        # A note is a row of the timeline by itself.
        tell_of(changed, "CHANGED_WITH_OTHERS", f"did to {act.chosen:,} at once: {title}", act=str(act.pk))
    act.refresh_from_db()
    return act


def take_back(act_id: UUID, author: Author) -> int | None:
    """Take an act back; returns for how many, None if it was before."""
    with transaction.atomic():
        lock_tenant(AdvisoryLock.IDENTITY)
        act = BulkAct.objects.select_for_update().get(pk=act_id)
        if act.undone_at is not None:
            return None
        undo = OWN_UNDO.get(act.kind) or next(
            declared.undo for declared in every("customer_actions") if declared.name == act.kind
        )
        count: int = resolve(undo)(act, _changed_still_there(act))
        act.undone_at, act.undone_by_name = timezone.now(), author.name
        act.save(update_fields=["undone_at", "undone_by_name"])
        log_action("bulk.undone", subject_kind="bulkAct", subject_id=act.pk, details={"kind": act.kind})
        tell_of(_changed_still_there(act), "CHANGED_WITH_OTHERS", f"took back: {act.title}", act=str(act.pk))
    return count


def untag(act: BulkAct, ids: Collection[UUID]) -> int:
    """Take back a tag."""
    with connection.cursor() as cursor:
        return len(retag(cursor, act.tenant_id, ids, add=[], remove=[act.data["tag"]]))


def tag_again(act: BulkAct, ids: Collection[UUID]) -> int:
    """Give back a tag that was taken away."""
    with connection.cursor() as cursor:
        return len(retag(cursor, act.tenant_id, ids, add=[act.data["tag"]], remove=[]))


def delete_notes(act: BulkAct, ids: Collection[UUID]) -> int:
    """Take back notes, wherever a merge moved them."""
    made = BulkActChange.objects.filter(act_id=act.pk).values("made_id")
    count, _ = Note.objects.filter(pk__in=made).delete()
    return count


def latest_acts() -> list[BulkAct]:
    """The latest acts with the number of those changed as `changed`."""
    acts = list(BulkAct.objects.order_by("-at")[:MOST_ACTS])
    counts = dict(
        BulkActChange.objects.filter(act_id__in=[act.pk for act in acts])
        .values_list("act_id")
        .annotate(number=Count("*"))
    )
    for act in acts:
        act.changed = counts.get(act.pk, 0)
    return acts


def standing_of(act: BulkAct, *, most: int) -> tuple[list[UUID], int]:
    """Some of those whom the act changed, and how many they are."""
    rows = BulkActChange.objects.filter(act_id=act.pk).values_list("profile_id", flat=True)
    return list(rows[:most]), rows.count()


def tags_among(customers: QuerySet[CustomerProfile]) -> list[tuple[str, int]]:
    """The tags that the customers have, with how many have each, the commonest first."""
    tags = customers.annotate(each=Func("tags", function="unnest", output_field=TextField()))
    counted = tags.values_list("each").annotate(number=Count("pk")).order_by("-number", "each")
    return list(counted[:MOST_STANDING])


def _changed_still_there(act: BulkAct) -> list[UUID]:
    people = CustomerProfile.objects.exclude(status__in=("MERGED", "DELETED"))
    changed = BulkActChange.objects.filter(act_id=act.pk).values("profile_id")
    return list(people.filter(pk__in=changed).values_list("pk", flat=True))
