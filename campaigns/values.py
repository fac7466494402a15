"""A campaign as callers write it: names, kinds and limits of each field, once for REST, GraphQL and the wizard."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic.alias_generators import to_camel

from campaigns.models import CampaignChannel, CampaignType, Goal, SendWindow, WinnerMetric
from messaging.liquid_limits import LONGEST_TEXT
from messaging.rendering import TemplateProblem, check_text
from tenants.errors import UnprocessableError
from tenants.models.tenant import time_zones

MOST_SEGMENTS: Final = 50
MOST_VARIANTS: Final = 6
MOMENTS: Final = frozenset({"scheduled_at", "recur_end_at"})
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")]
Long = Annotated[str, StringConstraints(max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$")]
Ids = Annotated[list[UUID], Field(max_length=MOST_SEGMENTS)]
Percent = Annotated[int, Field(ge=0, le=100)]


class _Values(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", populate_by_name=True, use_enum_values=True
    )


Stated = TypeVar("Stated", bound=_Values)


class ContentValues(_Values):
    """An own text for one channel; only mails have a subject and HTML."""

    subject: Annotated[str, StringConstraints(max_length=998, pattern=r"^[^\x00\r\n]*$")] = ""
    body: Long = ""
    html: Long = ""


class ApprovalValues(_Values):
    """What an approval may say: the version of the draft that was looked at."""

    version: Annotated[int, Field(strict=True, ge=1, lt=2**31)] | None = None


Content = dict[CampaignChannel, ContentValues]
Channels = Annotated[list[CampaignChannel], Field(max_length=len(CampaignChannel))]


def _channels(value: list[str]) -> list[str]:
    if len(set(value)) != len(value):
        raise ValueError("Name each channel once.")
    return value


def _content(value: Content) -> Content:
    """Refuse Liquid that cannot be read."""
    for channel, text in value.items():
        for part in ("subject", "body", "html"):
            try:
                check_text(getattr(text, part), part=part)
            except TemplateProblem as problem:
                raise ValueError(f"{CampaignChannel(channel).label}: {problem}") from None
    return value


class VariantValues(_Values):
    """One arm of a test: what differs from the campaign."""

    label: Annotated[str, StringConstraints(pattern="^[A-Z]$")]
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    content: Content = {}
    channels: Channels = []
    template_ids: dict[CampaignChannel, Text] = {}
    delay_minutes: Annotated[int, Field(ge=0, le=7 * 24 * 60)] = 0

    _check_channels = field_validator("channels")(_channels)
    _check_content = field_validator("content")(_content)


class CampaignValues(_Values):
    """Every field that a draft may be given; what is left out stays."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = ""
    description: Long = ""
    club_id: Text = ""
    type: CampaignType = CampaignType.ONE_TIME
    segment_id: UUID | None = None
    segment_ids: Ids = []
    excluded_segment_ids: Ids = []
    excluded_campaign_ids: Ids = []
    rule: dict[str, Any] | None = None
    hold_out_percent: Annotated[int, Field(ge=0, le=50)] = 0
    channels: Channels = []
    email_template_id: Text = ""
    sms_template_id: Text = ""
    push_template_id: Text = ""
    whatsapp_template_id: Text = ""
    content: Content = {}
    is_transactional: bool = False
    scheduled_at: AwareDatetime | None = None
    timezone: Text = ""
    window: SendWindow = SendWindow.TOGETHER
    spread_minutes: Annotated[int, Field(ge=0, le=7 * 24 * 60)] = 0
    recur_pattern: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    recur_end_at: AwareDatetime | None = None
    trigger_event: Annotated[str, StringConstraints(max_length=100)] = ""
    trigger_where: Annotated[dict[str, str | int | bool], Field(max_length=10)] = {}
    trigger_delay_minutes: Annotated[int, Field(ge=0, le=30 * 24 * 60)] = 0
    trigger_cap_days: Annotated[int, Field(ge=0, le=365)] = 1
    variants: Annotated[list[VariantValues], Field(max_length=MOST_VARIANTS)] = []
    winner_metric: WinnerMetric = WinnerMetric.CLICKS
    test_percent: Annotated[int, Field(ge=1, le=100)] = 100
    test_minutes: Annotated[int, Field(ge=1, le=14 * 24 * 60)] = 240
    goal: Goal = Goal.NONE
    goal_days: Annotated[int, Field(ge=1, le=90)] = 7

    _check_channels = field_validator("channels")(_channels)
    _check_content = field_validator("content")(_content)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value and value not in time_zones():
            raise ValueError("Write a time zone such as Africa/Johannesburg.")
        return value

    @field_validator("recur_pattern")
    @classmethod
    def _pattern(cls, value: str) -> str:
        from campaigns.schedule import check_pattern  # noqa: PLC0415 - cron is seldom asked for

        if value:
            check_pattern(value)
        return value

    @field_validator("variants")
    @classmethod
    def _variants(cls, value: list[VariantValues]) -> list[VariantValues]:
        if len(value) == 1:
            raise ValueError("A test needs two variants or more.")
        if len({variant.label for variant in value}) != len(value):
            raise ValueError("Each variant needs a letter of its own.")
        return value


def parse_values(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that the body states, ready for the row; `variants` stay a list of dictionaries.

    Raises UnprocessableError (422) with every field and its reason.
    """
    stated = _read(CampaignValues, body)
    values = stated.model_dump(exclude_unset=True, mode="python")
    for name in MOMENTS & values.keys():
        values[name] = values[name] and values[name].astimezone(UTC)
    if "segment_id" in values:
        chosen = values.pop("segment_id")
        values.setdefault("segment_ids", [chosen] if chosen else [])
    for variant in values.get("variants", []):
        variant["content"] = _plain_content(variant.get("content", {}))
    if "content" in values:
        values["content"] = _plain_content(values["content"])
    return values


def version_of(body: Mapping[str, Any]) -> int | None:
    """The version that an approval names; raises UnprocessableError (422)."""
    return _read(ApprovalValues, body).version


def _read(kind: type[Stated], body: Mapping[str, Any]) -> Stated:
    try:
        return kind.model_validate(dict(body))
    except ValidationError as error:
        raise UnprocessableError(
            "Some fields cannot be taken as they are.", details=[_detail(each) for each in error.errors()]
        ) from None


def _plain_content(content: Mapping[Any, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Without parts that say nothing, and channels without parts."""
    said = {
        str(channel): {name: text for name, text in part.items() if text} for channel, part in content.items()
    }
    return {channel: part for channel, part in said.items() if part}


def _detail(error: Any) -> dict[str, str]:
    place = ".".join(str(step) for step in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "There is no such field here."
    return {"field": place, "message": message}


def field_names() -> dict[str, str]:
    """API name → column, of what a draft may be given."""
    return {to_camel(name): name for name in CampaignValues.model_fields}


def as_moment(value: Any) -> datetime | None:
    """A time with an offset out of a body; raises UnprocessableError."""
    if value is None:
        return None
    return parse_values({"scheduledAt": value})["scheduled_at"]  # type: ignore[no-any-return]
