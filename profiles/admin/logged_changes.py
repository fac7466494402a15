"""What exactly was changed of customers, for the action log: read from the timeline, which an erasure empties."""

from collections.abc import Sequence

from profiles.changes import changes_in
from profiles.models import Activity
from tenants.models import LoggedAction


def particulars(rows: Sequence[LoggedAction]) -> dict[int, str]:
    """Row's key → its changes in words, where the timeline still has them; one query."""
    wanted = {row.pk: row.details.get("activityId") for row in rows if row.details.get("activityId")}
    activities = Activity.objects.filter(pk__in=set(wanted.values())).values_list("pk", "metadata")
    told = {key: "; ".join(change.words for change in changes_in(metadata)) for key, metadata in activities}
    return {row: told[activity] for row, activity in wanted.items() if told.get(activity)}
