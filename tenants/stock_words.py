"""The back office's own words for what Django and its theme say by themselves.

Both ask gettext, so one catalogue (`tenants/locale`) puts plain words in their place and no template is copied. It is
written from this table by `manage.py write_stock_words`; a test holds that the file is what the table says, and that
each stock sentence still occurs in the packages.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "locale" / "en_GB" / "LC_MESSAGES"

WORDS: Final[Mapping[str, str]] = {
    # Lists
    "No results found": "Nothing here",
    "This page yielded into no results. Create a new item or reset your filters.": (
        "Nothing has been added yet, or nothing fits what you searched and filtered for."
    ),
    "Click here to select the objects across all pages": "Choose all on all pages",
    "Items must be selected in order to perform actions on them. No items have been changed.": (
        "Nothing is chosen: tick some rows first."
    ),
    "No action selected.": "Choose what to do first.",
    "Delete selected %(verbose_name_plural)s": "Delete the chosen %(verbose_name_plural)s",
    # Deleting
    'Are you sure you want to delete the %(object_name)s "%(escaped_object)s"? All of the following related items'
    " will be deleted:": (
        "The %(object_name)s “%(escaped_object)s” goes for good, with what is listed here. It cannot be taken back."
    ),
    "Are you sure you want to delete the selected %(objects_name)s? All of the following objects and their related"
    " items will be deleted:": (
        "The chosen %(objects_name)s go for good, with what is listed here. It cannot be taken back."
    ),
    "Deleting the %(object_name)s '%(escaped_object)s' would result in deleting related objects, but your account"
    " doesn't have permission to delete the following types of objects:": (
        "The %(object_name)s “%(escaped_object)s” cannot be deleted: these belong to it, and your role may not delete"
        " them:"
    ),
    "Deleting the %(object_name)s '%(escaped_object)s' would require deleting the following protected related"
    " objects:": "The %(object_name)s “%(escaped_object)s” cannot be deleted as long as there is:",
    "This item will be deleted.": "Will be deleted.",
    "Yes, I’m sure": "Delete",
    "No, take me back": "Keep it",
    # What was done
    "The {name} “{obj}” was added successfully.": "Added: {obj}.",
    "The {name} “{obj}” was changed successfully.": "Saved: {obj}.",
    "The %(name)s “%(obj)s” was deleted successfully.": "Deleted: %(obj)s.",
    "Successfully deleted %(count)d %(items)s.": "Deleted: %(count)d %(items)s.",
    "%(name)s with ID “%(key)s” doesn’t exist. Perhaps it was deleted?": "There is no such %(name)s any more.",
    "This object doesn’t have a change history. It probably wasn’t added via this admin site.": (
        "Nothing is noted here. Settings → Action log has what people did."
    ),
    # Logging in and out, passwords
    "Please enter the correct %(username)s and password for a staff account. Note that both fields may be"
    " case-sensitive.": "The name and the password do not match. Capitals and small letters matter in the password.",
    "You are authenticated as %(username)s, but are not authorized to access this page. Would you like to login to a"
    " different account?": "You are logged in as %(username)s, who may not open this page. Log in as somebody else?",
    "Thanks for spending some quality time with the web site today.": "See you next time.",
    "You have been successfully logged out from the administration": "You are logged out",
    "Password change": "Change your password",
    "Change my password": "Change the password",
    "Please enter your old password, for security’s sake, and then enter your new password twice so we can verify you"
    " typed it in correctly.": "Type your present password, then the new one twice.",
    "Old password": "Present password",
    "New password confirmation": "New password again",
    "Password confirmation": "Password again",
    "Enter the same password as before, for verification.": "Once more, so that a slip of the finger locks nobody out.",
    "Your password was changed.": "Your password is changed.",
    "Your password can’t be too similar to your other personal information.": "Not your own name or address.",
    "Your password can’t be a commonly used password.": "Not one that many people use.",
    "Your password can’t be entirely numeric.": "Not only digits.",
    "The two password fields didn’t match.": "The two new passwords differ.",
    "Your old password was entered incorrectly. Please enter it again.": "This is not your present password.",
    # Fields of accounts
    "username": "user name",
    "email address": "e-mail",
    "superuser status": "operator of the platform",
    "Designates whether this user should be treated as active. Unselect this instead of deleting accounts.": (
        "Without it nobody can log in. Better than deleting: what the person did keeps their name."
    ),
    "Designates that this user has all permissions without explicitly assigning them.": (
        "May do everything, in every club."
    ),
    "Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.": (
        "At most 150 letters, digits and @ . + - _"
    ),
}
# One and many of a thing.
COUNTED: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    (
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
    ): ("At least %(min_length)d character.", "At least %(min_length)d characters."),
    ("Please correct the error below.", "Please correct the errors below."): (
        "Not saved yet: please look at what is marked.",
        "Not saved yet: please look at what is marked.",
    ),
}
