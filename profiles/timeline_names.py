"""What the ids in a timeline stand for: names of messages, campaigns, competitions and lists, with their pages.

An app says which key of an activity's metadata it can name (`Extension.timeline_names`). A function gets the ids of a
page of rows and returns the names of those that it knows, in one or two statements.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from tenants.declarations import extensions, resolve


class Named(NamedTuple):
    """What an id stands for; `route` is the admin page with the thing's key as its argument, empty: there is none."""

    name: str
    route: str = ""
    key: str = ""


# Metadata key and id → what it stands for.
Names = Mapping[tuple[str, str], Named]


def names_in(metadata: Iterable[Mapping[str, Any]]) -> Names:
    """Names of all ids in the metadata of some rows of the open scope."""
    wanted = {
        key: path for extension in extensions().values() for key, path in extension.timeline_names.items()
    }
    ids: dict[str, set[str]] = {}
    for row in metadata:
        for key in wanted.keys() & row.keys():
            if isinstance(row[key], str) and row[key]:
                ids.setdefault(key, set()).add(row[key])
    return {
        (key, one): named for key, given in ids.items() for one, named in resolve(wanted[key])(given).items()
    }


def uuids_in(ids: Collection[str]) -> list[UUID]:
    """Those that are UUIDs: other services have ids of other shapes under the same key."""
    found = []
    for one in ids:
        try:
            found.append(UUID(one))
        except ValueError:
            continue
    return found
