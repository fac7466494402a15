"""The history of a campaign as staff read it."""

from datetime import datetime
from typing import Final, NamedTuple

from campaigns.models import CampaignAct
from tenants.admin import formatting
from tenants.models import Tenant

# Others are their own words.
ACT_WORDS: Final = {
    "approval_asked": "Asked for approval", "found_late": "Found late", "rhythm_changed": "Rhythm changed",
    "time_skipped": "Skipped one time", "skip_taken_back": "Took a skipped time back", "tested": "Test sent",
    "unscheduled": "Taken back to a draft", "unarchived": "Brought back from the archive", "winner": "Winner found",
}  # fmt: skip
# Their note is a moment.
MOMENTS: Final = ("rescheduled", "time_skipped", "skip_taken_back")


class Told(NamedTuple):
    """One line of the history."""

    words: str
    at: datetime
    by: str
    note: str


def told(act: CampaignAct, club: Tenant) -> Told:
    """An act in words, its moments on the club's clock."""
    note = formatting.moment(datetime.fromisoformat(act.note), club) if act.act in MOMENTS else act.note
    return Told(ACT_WORDS.get(act.act, act.act.capitalize()), act.at, act.actor_name, note)
