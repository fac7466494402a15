"""The words of a part as people read them, and as they edit them."""

from collections.abc import Mapping
from typing import Any, Final

from messaging.rendering import TemplateProblem
from social.models import Promotion, Touch, TouchKind
from social.promoting.facts import event_values
from social.promoting.planning import words_of
from social.texts import fill, token_problem
from tenants.errors import InvalidError

LONGEST: Final = 5_000
# Over posts they change what is out: the row names the post, and what they say is the plan's.
OUTWARD: Final = (TouchKind.CORRECTION, TouchKind.CANCELLATION)


def is_outward(touch: Touch) -> bool:
    """Whether a part corrects or takes back one post that is out."""
    return touch.kind in OUTWARD and touch.channel == "POST"


def said_by(promotion: Promotion, touch: Touch) -> str:
    """What a part says, with its tokens."""
    own = "" if is_outward(touch) else touch.text
    return own or words_of(promotion, touch.kind)


def plain(text: str, values: Mapping[str, Mapping[str, Any]]) -> str:
    """The text with its conditions decided by what is known, and its tokens left standing.

    As it is, where that would say something else than the text itself.
    """
    if "{%" not in text:
        return text
    marks = {
        group: {name: _mark(f"{group}.{name}", value) for name, value in known.items()}
        for group, known in values.items()
    }
    try:
        made = fill(text, marks)
        return made if fill(made, values) == fill(text, values) else text
    except TemplateProblem:
        return text


def reading(text: str, values: Mapping[str, Any]) -> str:
    """The text as it reads now, or why it cannot be read."""
    try:
        return fill(text, values)
    except TemplateProblem as problem:
        return f"A token is wrong: {problem}"


def check_words(promotion: Promotion) -> None:
    """Whether the plan's own words can be filled in from its event; raises InvalidError."""
    values = {"event": event_values(promotion), "club": {"name": promotion.tenant.name}}
    for kind, text in promotion.template.items():
        if kind not in TouchKind.values:
            continue
        if not isinstance(text, str) or len(text) > LONGEST:
            raise InvalidError(f"{kind}: write a text of at most {LONGEST:,} characters.", field="templates")
        problem = token_problem(text, values)
        if problem:
            raise InvalidError(f"{kind}: a token is wrong: {problem}", field="templates")


def _mark(name: str, value: Any) -> Any:
    return value if value in (None, "") else "{{ " + name + " }}"
