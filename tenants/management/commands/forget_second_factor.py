"""`manage.py forget_second_factor`: for somebody who lost phone and recovery codes."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from tenants.action_log import log_action
from tenants.actors import acting_as, program
from tenants.commands import ProductCommand
from tenants.models import User
from tenants.roles import tenants_of
from tenants.scope import tenant_scope
from tenants.second_factor import forget


class Command(ProductCommand):
    """Takes the second factor of one account away; make sure first that it is them who ask."""

    help = "Take the second factor of an account away, after its owner lost phone and recovery codes."

    def add_arguments(self, parser: CommandParser) -> None:
        """The account."""
        parser.add_argument("username", help="user name of the account")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        """Forget, and note it in the clubs of the person."""
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account with the user name {username!r}.")
        if not forget(user):
            raise CommandError(f"{username} has no second factor.")
        for club in tenants_of(user):
            with tenant_scope(club), acting_as(program("manage.py forget_second_factor")):
                log_action(
                    "user.second_factor_off",
                    subject_kind="user",
                    subject_id=user.pk,
                    details={"name": user.get_username()},
                )
        self.stdout.write(f"{username} logs in with the password alone now.")
