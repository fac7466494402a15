"""The form of a webhook endpoint; the rules are in `events.webhooks.endpoints`."""

from typing import Any, Final

from django import forms

from events import outbound
from events.models import LONGEST_URL, WebhookEndpoint
from events.webhooks.endpoints import EVERYTHING, LONGEST_DESCRIPTION
from events.webhooks.payloads import TEST_TYPE
from tenants.errors import InvalidError

# Of what no app declares: patterns, and the test.
WORDS: Final = {
    EVERYTHING: "Everything but single activities and scores, types of later releases too",
    "crm.profile.*": "Everything about customers",
    TEST_TYPE: "A test",
}
FIELDS: Final = {"url": "url", "eventTypes": "event_types", "description": "description"}


class WebhookForm(forms.Form):
    """URL, description and filters."""

    url = forms.CharField(
        label="URL",
        max_length=LONGEST_URL,
        strip=True,
        help_text="https, reachable from the Internet. Events are sent there as signed POST requests.",
        widget=forms.TextInput(
            attrs={"inputmode": "url", "placeholder": "https://example.com/crm", "autocomplete": "off"}
        ),
    )
    description = forms.CharField(
        label="What it is for",
        max_length=LONGEST_DESCRIPTION,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Newsletter tool", "autocomplete": "off"}),
    )
    event_types = forms.MultipleChoiceField(
        label="Tell it of",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )

    def __init__(self, *args: Any, endpoint: WebhookEndpoint | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        if endpoint is not None:
            kwargs.setdefault(
                "initial", {name: getattr(endpoint, name) for name in ("url", "description", "event_types")}
            )
        super().__init__(*args, **kwargs)
        self.fields["event_types"].choices = type_choices(endpoint.event_types if endpoint else [])  # type: ignore[attr-defined]
        for name in ("url", "description"):
            self.fields[name].widget.attrs["class"] = "crm-input"

    def add_refusal(self, refusal: InvalidError) -> None:
        """Show what the domain said beside the field it is about."""
        self.add_error(FIELDS.get(refusal.field or ""), refusal.message)


def type_choices(chosen: list[str]) -> list[tuple[str, str]]:
    """Everything, patterns and known types, and what the endpoint has besides, each with its words."""
    names = [EVERYTHING, "crm.profile.*", *sorted(outbound.types().values()), *chosen]
    return [(name, words_of(name) or name) for name in dict.fromkeys(names)]


def words_of(event_type: str) -> str:
    """What happens, in words; "" where nobody says."""
    return WORDS.get(event_type) or outbound.words().get(event_type, "")


def type_words(event_types: list[str]) -> str:
    """The filters in a line."""
    return ", ".join("everything" if name == EVERYTHING else name for name in event_types)
