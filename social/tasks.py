"""Celery entries of this app."""

from typing import Final

from celery import shared_task

from events.wake import awake, wake
from social.publishing import claiming
from social.publishing.working import drain
from tenants.actors import acting_as, program

PUBLISH: Final = "social.publish"
TURN_SECONDS: Final = 15.0


@shared_task(name="social.wake_publishing")
def wake_publishing() -> None:
    """Send as many workers as there is work for; idempotent, because claims are."""
    claiming.hold_late()
    for slot in range(claiming.count_due()):
        wake(PUBLISH, str(slot))


@shared_task(name=PUBLISH)
def publish(slot: str) -> None:
    """Work on due targets for a bounded turn; idempotent by leases, steps and attempts."""
    awake(PUBLISH, slot)
    with acting_as(program(PUBLISH)):
        drain(TURN_SECONDS)
