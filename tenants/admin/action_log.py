"""Who saw, changed, exported or merged what: the club's own log, to be read and never to be changed."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.contrib.admin import display, register
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenants.admin import formatting
from tenants.admin.base import ModelAdmin
from tenants.logged import Subject, subjects_of
from tenants.models import LoggedAction

# What was done, where the action's own word would read badly; elsewhere its last word is the verb.
VERBS: Final[Mapping[str, str]] = {
    "customer.created": "added",
    "customer.viewed": "looked at",
    "note.added": "wrote a note about",
    "activity.added": "added to the timeline of",
    "customers.exported": "exported customers",
    "membership.added": "let in",
    "membership.changed": "changed the role of",
    "membership.removed": "took the role from",
    "invitation.made": "invited",
    "invitation.accepted": "accepted the invitation of",
    "invitation.withdrawn": "withdrew the invitation of",
    "user.password_set": "set the password of",
    "user.password_reset": "chose a new password for",
    "user.second_factor_on": "turned on the second factor of",
    "user.second_factor_off": "turned off the second factor of",
    "user.recovery_codes_made": "made new recovery codes for",
    "user.created": "made the account of",
    "user.changed": "changed the account of",
    "club.changed": "changed the settings of the club",
    "club.made": "opened the club",
    "key.made": "made the key",
    "key.revoked": "revoked the key",
    "event.skipped": "put aside",
    "event.replayed": "let process anew",
    "event.repaired": "repaired",
    "dead_letter.repaired": "repaired",
    "dead_letter.dismissed": "dismissed",
    "parked.retried": "sent again what was set aside",
    "parked.discarded": "let go of what was set aside",
    "bulk.done": "changed many customers",
    "bulk.undone": "took back a change of many customers",
    "retention.changed": "changed how long data is kept",
    "retention.applied": "deleted what was kept long enough",
    "scoring.changed": "changed the scoring rules",
    "post.written": "wrote",
    "post.sent_back": "sent back",
    "post.deleted_there": "deleted on the network",
    "post.edited_there": "changed on the network",
    "post.comment_again": "wrote the lost comment again under",
    "post.replied": "replied under",
    "post.unscheduled": "took out of the schedule",
    "social.connected": "connected the account",
    "social.disconnected": "disconnected the account",
    "social.media_added": "added to the media library",
    "social.media_deleted": "deleted from the media library",
    "social.own_app_set": "entered the club's own app for",
    "social.own_app_forgotten": "took out the club's own app for",
    "suppression.lifted": "let write again to",
    "customer.written_to": "wrote to",
    "message.settled": "settled the message",
    "candidate.decided": "decided about a pair of customers",
    "candidate.reopened": "took back a decision about a pair of customers",
    "club.send_rules_changed": "changed the sending rules",
    "campaign.settings": "changed the campaign settings",
    "social.settings": "changed the social settings",
    "journey.settings": "changed the journey settings",
    "journey.move_undone": "took back a move of people in",
    "duplicates.searched": "searched for duplicates",
    "import.problems_read": "downloaded the problems of",
    "outbound.published_again": "published again what was told to other systems",
    "privacy_request.rejected": "rejected a request of privacy",
    "webhook.replayed": "sent again to",
    "webhook.tested": "sent a test to",
    "household.formed": "formed a household",
    "household.arranged": "arranged a household",
    "household.left": "took somebody out of a household",
    "household.dissolved": "dissolved a household",
}
# As choices are kept: KEPT_APART. Three letters may be a currency.
NAME_OF_CHOICE: Final = re.compile(r"[A-Z][A-Z_]{3,}")
ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Parts of the details that the sentence says already, or that only programs need.
SAID: Final = frozenset({"name", "changes", "activityId"})


@register(LoggedAction)
class ActionLogAdmin(ModelAdmin):
    """Newest first; the tenant's scope keeps other clubs out."""

    heading, headings = "action", "Action log"
    list_display = ["when", "told", "particulars", "actor_kind"]
    list_display_links = None
    list_select_related = ["tenant"]
    list_filter = ["actor_kind", "action"]
    search_fields = ["actor_name", "subject_id", "action"]
    ordering = ["-id"]
    fields = ["when", "told", "particulars", "actor_kind"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Written by acts only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened has happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Append-only, in the database too."""
        return False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page's rows, each with what it is about: a query for each kind of thing, none for each row."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        subjects = subjects_of(rows)
        for row in rows:
            row.subject = subjects[row.pk]
        changelist.result_list = rows
        return changelist

    @display(description="When", ordering="id")
    def when(self, row: LoggedAction) -> str:
        """On the club's clock."""
        return formatting.exactly(row.at, row.tenant)

    @display(description="What")
    def told(self, row: LoggedAction) -> SafeString:
        """A sentence: who did what to whom, with a link."""
        subject = _subject_of(row)
        name = subject.name or ("" if subject.word else _name_of_what_is_gone(row))
        thing = format_html('<a href="{}">{}</a>', subject.url, name) if subject.url else name
        return format_html("{} {} {} {}", row.actor_name, _verb(row.action), subject.word, thing)

    @display(description="What exactly")
    def particulars(self, row: LoggedAction) -> str:
        """Old and new values where they are known, and the rest of the details in words."""
        subject = _subject_of(row)
        if subject.more:
            return subject.more
        changes = row.details.get("changes")
        if isinstance(changes, dict):
            return "; ".join(
                f"{_words(name)} from {_told(old)} to {_told(new)}" for name, (old, new) in changes.items()
            )
        rest = (
            f"{_words(key)}: {_told(value)}"
            for key, value in row.details.items()
            if key not in SAID and not _is_for_programs(value)
        )
        return "; ".join(rest) or "–"


def _subject_of(row: LoggedAction) -> Subject:
    """As the list looked it up for all its rows; on a page of its own, for this one."""
    known: Subject | None = getattr(row, "subject", None)
    return subjects_of([row])[row.pk] if known is None else known


def _verb(action: str) -> str:
    return VERBS.get(action) or _words(action.rpartition(".")[2])


def _name_of_what_is_gone(row: LoggedAction) -> str:
    return "somebody who is no longer here" if row.subject_kind == "customer" and row.subject_id else ""


def _words(name: str) -> str:
    """staff_see_money and activityCount as words."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return spaced.replace("_", " ").strip()


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    if isinstance(value, dict):
        return ", ".join(f"{_words(key)} {_told(each)}" for key, each in value.items())
    if isinstance(value, str) and NAME_OF_CHOICE.fullmatch(value):
        return value.replace("_", " ").capitalize()
    return "nothing" if value in ("", None) else str(value)


def _is_for_programs(value: Any) -> bool:
    """Ids, which say nothing to people."""
    if isinstance(value, list):
        return bool(value) and all(map(_is_for_programs, value))
    return isinstance(value, str) and ID.fullmatch(value) is not None
