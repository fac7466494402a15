"""What is kept of other customers and names the erased person: tags ("partner of Anna Botha"), names to be shown."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from events.identity_hints import IdentityKind
from profiles.golden_rows.recomputing import Touched, recompute_golden_rows
from profiles.models import CustomerProfile, Fact
from profiles.privacy.matcher import Matcher
from profiles.privacy.person_patterns import Traits
from profiles.search.finding import search_unsaid
from profiles.tagging import retag
from tenants.scope import current_tenant_id

# Facts in words that staff or services choose; of first and last names a namesake has the very same.
WORDED: Final = {"displayName": "display_name", "homeClubName": "home_club_name"}


def find_others(cursor: Any, traits: Traits, matcher: Matcher) -> list[UUID]:
    """Customers whose tags or shown names mention the person; by the words by which the search finds them.

    No statement holds a name. Needs a transaction.
    """
    names = {*traits.display_names, *(f"{first} {last}" for first, last in traits.names)}
    asked = sorted(
        names | traits.handles | {key.value for key in traits.keys if key.kind == IdentityKind.EMAIL}
    )
    people = CustomerProfile.objects.filter(pk__in=search_unsaid(cursor, asked) - matcher.ids)
    return sorted(one.pk for one in people if _mentions(one, matcher))


def blank_others(cursor: Any, ids: Iterable[UUID], matcher: Matcher) -> int:
    """Take the person out of them; returns how many changed. Needs the identity lock."""
    tenant_id, changed = current_tenant_id(), set()
    fields: dict[UUID, list[str]] = {}
    for one in CustomerProfile.objects.filter(pk__in=list(ids)):
        named = [tag for tag in one.tags if matcher.is_named([tag])]
        if named:
            changed.update(retag(cursor, tenant_id, [one.pk], add=[], remove=named))
        for fact in Fact.objects.filter(profile_id=one.pk, field__in=WORDED):
            if _is_told(one, str(fact.value or ""), matcher):
                Fact.objects.filter(pk=fact.pk).update(value=matcher.redacted_text(str(fact.value)))
                fields.setdefault(one.pk, []).append(fact.field)
    changed.update(recompute_golden_rows(cursor, tenant_id, Touched(fields=fields)))
    return len(changed | fields.keys())


def _mentions(person: CustomerProfile, matcher: Matcher) -> bool:
    texts = [getattr(person, column) for column in WORDED.values()]
    return any(_is_told(person, text, matcher) for text in texts) or matcher.is_named(person.tags)


def _is_told(person: CustomerProfile, text: str, matcher: Matcher) -> bool:
    """Whether a text names the erased person, and not this one, who has the same name."""
    own = f"{person.first_name} {person.last_name}"
    return matcher.is_named([text]) and not matcher.is_named([own])
