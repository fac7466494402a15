"""Published definitions, parsed once a process: a version never changes."""

from functools import lru_cache
from uuid import UUID

from journeys.definition import Definition, parse
from journeys.definition.steps import Send
from journeys.models import JourneyVersion
from messaging.texts import keep_message
from tenants.scope import current_tenant_id


def definition_of(version_id: int) -> Definition:
    """The definition of a version of the open scope's club."""
    return _definition(current_tenant_id(), version_id)


@lru_cache(maxsize=2000)
def _definition(tenant_id: UUID, version_id: int) -> Definition:
    return parse(JourneyVersion.objects.values_list("definition", flat=True).get(pk=version_id))


def messages_of(version_id: int, step: Send) -> list[tuple[str, UUID]]:
    """(channel, id of the message) in the order of preference; made where they are new."""
    return list(_messages(current_tenant_id(), version_id, step.id))


@lru_cache(maxsize=5000)
def _messages(tenant_id: UUID, version_id: int, step_id: str) -> tuple[tuple[str, UUID], ...]:
    step = _definition(tenant_id, version_id).by_id[step_id]
    assert isinstance(step, Send)  # noqa: S101 - asked for sends only
    return tuple(message_of(step))


def message_of(step: Send) -> list[tuple[str, UUID]]:
    """The same of a step that belongs to no version yet, for previews and dry runs."""
    return [
        (
            channel.value,
            keep_message(
                channel=channel.value,
                name=(step.name or step.id)[:200],
                template_id=step.template,
                subject=step.subject if channel == "EMAIL" else "",
                body="" if step.template else step.text,
            ).pk,
        )
        for channel in step.channels
    ]


def channels_ahead(definition: Definition, step_id: str) -> frozenset[str]:
    """Channels of the messages that may still come after a step."""
    step = definition.by_id[step_id]
    reached: set[str] = set()
    for way in step.outlets:
        target = step.way(way)
        if target is not None:
            reached |= set(definition.walk(target))
    channels: set[str] = set()
    for one in reached:
        found = definition.by_id[one]
        if isinstance(found, Send):
            channels |= {channel.value for channel in found.channels}
    return frozenset(channels)


def forget_versions() -> None:
    """Empty the caches; tests reuse numbers."""
    for cached in (_definition, _messages):
        cached.cache_clear()
