"""The forms of a customer: what staff may change, in the words of the API; the rules are in `profiles.editing`."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from profiles.editing import LONGEST_TEXT, STATUSES, TEXT_FIELDS
from profiles.errors import InvalidFields, KeyInUse
from profiles.models import CustomerProfile
from tenants.pick_lists import countries, languages, with_current

COLUMNS: Final = {
    "firstName": "first_name",
    "lastName": "last_name",
    "displayName": "display_name",
    "dateOfBirth": "date_of_birth",
    "gender": "gender",
    "postcode": "postcode",
    "country": "country",
    "language": "language",
    "email": "email",
    "phoneNumber": "phone_number",
    "status": "status",
}
# What is no contact data: for whoever may edit everything.
NOT_OF_DESK: Final = ("status", "tags")
GENDERS: Final = [("FEMALE", "Female"), ("MALE", "Male"), ("OTHER", "Other")]
NEW_FIELDS: Final = ("firstName", "lastName", "email", "phoneNumber", "dateOfBirth", "tags")


class CustomerForm(forms.Form):
    """Person, addresses and tags."""

    firstName = forms.CharField(label="First name", max_length=LONGEST_TEXT, required=False)  # noqa: N815 - the API's name
    lastName = forms.CharField(label="Last name", max_length=LONGEST_TEXT, required=False)  # noqa: N815
    displayName = forms.CharField(  # noqa: N815
        label="Preferred name",
        max_length=LONGEST_TEXT,
        required=False,
        help_text="How the person likes to be addressed.",
    )
    dateOfBirth = forms.DateField(  # noqa: N815
        label="Date of birth",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write the date as 1984-05-17."},
    )
    email = forms.CharField(label="E-mail", max_length=LONGEST_TEXT, required=False)
    phoneNumber = forms.CharField(label="Phone", max_length=LONGEST_TEXT, required=False)  # noqa: N815
    gender = forms.ChoiceField(required=False)
    postcode = forms.CharField(max_length=LONGEST_TEXT, required=False)
    country = forms.ChoiceField(required=False)
    language = forms.ChoiceField(required=False)
    status = forms.ChoiceField(
        choices=[(value, value.capitalize()) for value in STATUSES],
        help_text="Inactive customers stay findable but count nowhere.",
    )
    tags = forms.CharField(required=False, help_text="Separated by commas, as in captain, juniors.")

    def __init__(
        self,
        *args: Any,
        profile: CustomerProfile | None = None,
        is_of_desk: bool = False,
        **kwargs: Any,
    ) -> None:
        """`is_of_desk`: for somebody who corrects contact data and changes nothing else."""
        self.profile = profile
        kwargs.setdefault("label_suffix", "")
        kwargs.setdefault("initial", _initial(profile))
        super().__init__(*args, **kwargs)
        for name, choices in (("country", countries()), ("language", languages()), ("gender", GENDERS)):
            choice = self.fields[name]
            assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - declared above
            choice.choices = with_current(choices, getattr(profile, COLUMNS[name], ""))
        if profile is None:
            for name in set(self.fields) - set(NEW_FIELDS):
                del self.fields[name]
        for name in NOT_OF_DESK if is_of_desk else ():
            self.fields.pop(name, None)
        self.fields["email"].widget.attrs.update({"inputmode": "email", "autocomplete": "off"})
        self.fields["phoneNumber"].widget.attrs.update({"inputmode": "tel", "autocomplete": "off"})
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "crm-input"
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"help-{name}"

    def changed_fields(self) -> dict[str, Any]:
        """API name → new value of what was changed; call after `is_valid`."""
        changes: dict[str, Any] = {}
        for name in self.changed_data:
            value = self.cleaned_data[name]
            if name == "tags":
                value = [tag.strip() for tag in value.split(",") if tag.strip()]
            elif name in TEXT_FIELDS or value == "":
                value = value or None
            changes[name] = value
        return changes

    def add_refusal(self, refusal: InvalidFields | KeyInUse, *, shares: bool = False) -> None:
        """Show what the domain said beside the field it is about; `shares`: although the address may be shared."""
        for name, message in _problems(refusal, shares=shares).items():
            self.add_error(name if name in self.fields else None, message)


def _problems(refusal: InvalidFields | KeyInUse, *, shares: bool) -> Mapping[str, str]:
    if isinstance(refusal, InvalidFields):
        return refusal.fields
    word = "e-mail address" if refusal.extra["field"] == "email" else "phone number"
    said = f"Another customer already has this {word}"
    if shares:
        said += (
            ", and the name may be theirs: write the first name, or a date of birth that tells the two apart"
        )
    return {refusal.extra["field"]: f"{said}."}


def _initial(profile: CustomerProfile | None) -> dict[str, Any]:
    if profile is None:
        return {}
    values = {name: getattr(profile, column) for name, column in COLUMNS.items()}
    return {**values, "tags": ", ".join(profile.tags)}


class NoteForm(forms.Form):
    """A note's text."""

    body = forms.CharField(
        label="New note",
        widget=forms.Textarea(attrs={"class": "crm-input", "rows": 3, "placeholder": "Write a note"}),
    )
    is_pinned = forms.BooleanField(label="Pin to the top", required=False)
