"""`issue_token`: a bearer token for development, signed with a key of this installation."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from tenants.commands import ProductCommand
from tenants.management.arguments import read_scopes, read_tenants
from tenants.models import User
from tenants.roles import tenants_of
from tenants.tokens import issue_development_token

DEFAULT_SCOPES = "crm:read crm:write"


class Command(ProductCommand):
    """Prints a token; makes the key on first use."""

    help = "Print a bearer token for development, signed with a key of this installation (made on first use)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, where, what, how long."""
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--user", help="Username of a member of staff; their tenants are the default.")
        who.add_argument("--sub", help="Any other subject: the identity provider's id of a person.")
        parser.add_argument("--tenants", default="", help="UUIDs, slugs or aliases, separated by commas.")
        parser.add_argument("--scope", default=DEFAULT_SCOPES, help=f"Default: {DEFAULT_SCOPES}.")
        parser.add_argument(
            "--days", type=float, default=1.0, help="Lifetime in days, fractions too (default 1)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token alone on stdout, so that a shell can take it."""
        if settings.CRM_JWT_JWKS:
            raise CommandError(
                "Tokens are checked against CRM_JWT_JWKS here, so that one signed locally would be refused."
                " Unset it for development, or ask the identity provider for a token."
            )
        user = self._user(options["user"]) if options["user"] else None
        tenants = read_tenants(options["tenants"]) or (list(tenants_of(user)) if user else [])
        if not tenants:
            raise CommandError("Say for which tenants: --tenants fairview,kingsmere.")
        token = issue_development_token(
            subject=self._subject(user) if user else options["sub"],
            tenants=[str(tenant.pk) for tenant in tenants],
            scopes=read_scopes(options["scope"]),
            lifetime=timedelta(days=options["days"]),
            name=user.get_full_name() if user else "",
        )
        self.stdout.write(token)

    def _user(self, username: str) -> User:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        return user

    def _subject(self, user: User) -> str:
        """The user's id at the identity provider; one is made up for a user who has none."""
        if not user.auth_user_id:
            user.auth_user_id = str(uuid4())
            user.save(update_fields=["auth_user_id"])
            self.stderr.write(f"{user.username} got the auth user id {user.auth_user_id}.")
        return user.auth_user_id
