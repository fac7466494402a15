"""Forms of the pages before the back office."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm

from tenants.admin.base import UnfoldAdminPasswordToggleWidget, UnfoldAdminTextInputWidget
from tenants.models import User
from tenants.staff_mail import MAIL_RESET, send_later


def _field(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=UnfoldAdminTextInputWidget(), **options)


def _password(label: str, complete: str = "new-password") -> forms.CharField:
    widget = UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": complete})
    return forms.CharField(label=label, strip=False, widget=widget)


class NewAccountForm(forms.Form):
    """Who somebody is, and with what password they will log in."""

    first_name = _field("First name", max_length=100)
    last_name = _field("Last name", max_length=100)
    password1 = _password("Password")
    password2 = _password("The password again")

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.fields["password1"].help_text = "At least ten characters; three or four words are easy to keep."

    def clean(self) -> dict[str, Any]:
        """The same password twice, and a good one."""
        data = super().clean() or self.cleaned_data
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", "The two passwords are not the same.")
        elif first:
            person = User(
                email=self.email, first_name=data.get("first_name", ""), last_name=data.get("last_name", "")
            )
            try:
                password_validation.validate_password(first, person)
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return data


class ExistingAccountForm(forms.Form):
    """The account that somebody has already."""

    username = _field("E-mail or user name", max_length=254)
    password = _password("Password", "current-password")


class AskForPasswordForm(PasswordResetForm):
    """The address whose accounts get a link; the answer is the same whether there are any."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "email", "type": "email"}),
    )

    def save(self, *args: Any, request: Any = None, **kwargs: Any) -> None:
        """Let a worker write to each account of the address."""
        site = request.build_absolute_uri("/")
        for user in self.get_users(self.cleaned_data["email"]):
            send_later(MAIL_RESET, user.pk, site)


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A new password, twice."""

    new_password1 = _password("New password")
    new_password2 = _password("The new password again")


class CodeForm(forms.Form):
    """Six digits of the app, or one of the codes that were written down."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "inputmode": "text"}
        ),
        help_text="Six digits from your app, or one of your recovery codes.",
    )
