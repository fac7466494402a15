"""Sample data for sandboxes, where this installation has some to tell."""

from collections.abc import Callable
from typing import Final

from django.core.management import call_command, get_commands

from tenants.models import Tenant

# By name: it belongs to the simulator, which a production image leaves out.
COMMAND: Final = "fill_sandbox"
DEFAULT_PEOPLE: Final = 120


def fill_with_sample(tenant: Tenant, people: int, say: Callable[[str], object]) -> None:
    """Tell a sandbox a year of about so many people; 0: nothing. Raises CommandError for too few to make a world."""
    if not people:
        return
    if COMMAND not in get_commands():
        say("There is no sample data in this installation: the sandbox is empty.")
        return
    call_command(COMMAND, tenant.slug, people=people)
