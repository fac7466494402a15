"""What the event floor brings to the platform."""

from typing import Final

from tenants.extension import TOLD, Consumer, Extension

EXTENSION: Final = Extension(
    consumers=(
        Consumer(
            name="outbound",
            kinds=(TOLD,),
            handle="events.outbound.told",
            send="events.transports.outbound_queue.publish",
        ),
        Consumer(name="webhooks", kinds=(TOLD,), handle="events.webhooks.planning.plan"),
    ),
)
