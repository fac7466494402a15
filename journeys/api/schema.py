"""How journeys and tasks are told in the API description; nothing is parsed or rendered by these."""

from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, inline_serializer
from rest_framework import serializers

from events.api.webhook_schema import secret_field
from journeys.api.definition_schema import DefinitionField, StepField
from journeys.definition.graph import MOST_STEPS
from journeys.definition.vocabulary import event_choices
from journeys.happening import SEGMENTS
from journeys.models import RUN_STATUSES, JourneyStatus, Outcome, TaskSource, TaskStatus, TrialStatus
from journeys.models.runs import LONGEST_KEY
from journeys.secrets import NAME


def _moment(help_text: str = "") -> serializers.DateTimeField:
    return serializers.DateTimeField(allow_null=True, help_text=help_text)


def _counts(help_text: str) -> serializers.DictField:
    return serializers.DictField(child=serializers.IntegerField(), help_text=help_text)


def _many(one: Any) -> Any:
    return type(one)(many=True)


JOURNEY_ID: Final = OpenApiParameter("journeyId", OpenApiTypes.UUID, OpenApiParameter.PATH)
TASK_ID: Final = OpenApiParameter("taskId", OpenApiTypes.UUID, OpenApiParameter.PATH)
STATUS: Final = OpenApiParameter("status", enum=JourneyStatus.values)
TASK_STATUS: Final = OpenApiParameter("status", enum=TaskStatus.values)
INCLUDE: Final = OpenApiParameter("include", OpenApiTypes.STR, description="steps, enrollments")
CUSTOMER: Final = OpenApiParameter("customerId", OpenApiTypes.UUID)
ONE_CUSTOMER: Final = OpenApiParameter("customerId", OpenApiTypes.UUID, required=True)
OWNER: Final = OpenApiParameter("owner", OpenApiTypes.STR, description="A user name.")
STEP: Final = OpenApiParameter("step", OpenApiTypes.STR, description="At this step.")
ENDED: Final = OpenApiParameter("ended", OpenApiTypes.BOOL)
ONE_JOURNEY: Final = OpenApiParameter("journeyId", OpenApiTypes.UUID)

DEFINITION_HELP: Final = (
    "triggers, entry, exits, goal, start and steps: see GET /journeys/:id/steps for every kind."
)
PROBLEM: Final = inline_serializer(
    "JourneyProblem",
    {
        "code": serializers.CharField(),
        "message": serializers.CharField(),
        "step": serializers.CharField(allow_null=True),
        "weight": serializers.ChoiceField(choices=["ERROR", "WARNING"]),
    },
)
JOURNEY: Final = inline_serializer(
    "Journey",
    {
        "id": serializers.UUIDField(),
        "tenantId": serializers.UUIDField(),
        "name": serializers.CharField(),
        "description": serializers.CharField(),
        "status": serializers.ChoiceField(choices=JourneyStatus.choices),
        "version": serializers.IntegerField(allow_null=True, help_text="The live one."),
        "timezone": serializers.CharField(help_text="Empty: the club's."),
        "allowReentry": serializers.BooleanField(),
        "maxEnrollments": serializers.IntegerField(allow_null=True),
        "createdAt": serializers.DateTimeField(),
        "updatedAt": serializers.DateTimeField(),
        "createdBy": serializers.CharField(),
        "activatedAt": _moment(),
        "pausedAt": _moment(),
        "definition": serializers.DictField(required=False, help_text=DEFINITION_HELP),
        "fingerprint": serializers.CharField(required=False),
        "isPublished": serializers.BooleanField(
            required=False, help_text="Whether the draft is the live version."
        ),
        "problems": serializers.ListField(child=PROBLEM, required=False),
        "steps": serializers.ListField(child=serializers.DictField(), required=False),
        "enrollments": serializers.DictField(required=False),
    },
)
JOURNEYS: Final = _many(JOURNEY)
JOURNEY_CREATE: Final = inline_serializer(
    "JourneyCreate",
    {
        "name": serializers.CharField(max_length=120),
        "description": serializers.CharField(required=False, allow_blank=True),
        "definition": DefinitionField(required=False, help_text=DEFINITION_HELP),
    },
)
JOURNEY_CHANGE: Final = inline_serializer(
    "JourneyChange",
    {
        "name": serializers.CharField(max_length=120, required=False),
        "description": serializers.CharField(required=False, allow_blank=True),
        "definition": DefinitionField(required=False, help_text=DEFINITION_HELP),
    },
)
STEPS: Final = inline_serializer(
    "JourneySteps",
    {"steps": serializers.ListField(child=serializers.DictField()), "kinds": serializers.DictField()},
)
STEPS_CHANGE: Final = inline_serializer(
    "JourneyStepsChange",
    {
        "steps": serializers.ListField(child=StepField(), max_length=MOST_STEPS),
        "start": serializers.CharField(required=False),
    },
)
ACTIVATE: Final = inline_serializer(
    "JourneyActivate",
    {
        "moves": serializers.DictField(required=False, help_text="version:step → choice, step, sends"),
        "how": serializers.ChoiceField(choices=["CONTINUE", "SHIFT", "SKIP"], required=False),
        "minutes": serializers.IntegerField(
            required=False, help_text="Spread those who are due over so many."
        ),
        "note": serializers.CharField(required=False),
    },
)
PAUSE: Final = inline_serializer(
    "JourneyPause", {"entries": serializers.ChoiceField(choices=["QUEUE", "DROP"], required=False)}
)
ARCHIVE: Final = inline_serializer(
    "JourneyArchive", {"people": serializers.ChoiceField(choices=["FINISH", "EXIT"], required=False)}
)
ENROLL: Final = inline_serializer(
    "JourneyEnroll",
    {
        "customerId": serializers.UUIDField(required=False),
        "customerIds": serializers.ListField(child=serializers.UUIDField(), required=False),
        "segmentId": serializers.UUIDField(required=False),
        "key": serializers.CharField(
            required=False, allow_blank=True, max_length=LONGEST_KEY, help_text="The business object."
        ),
        "data": serializers.DictField(required=False, help_text="What texts and conditions call event."),
    },
)
ENROLLED: Final = inline_serializer(
    "JourneyEnrolled",
    {
        "enrolled": serializers.IntegerField(),
        "results": serializers.ListField(
            child=inline_serializer(
                "JourneyEnrolledResult",
                {
                    "customerId": serializers.UUIDField(),
                    "result": serializers.CharField(help_text="ENROLLED, or why not."),
                    "enrollmentId": serializers.IntegerField(allow_null=True),
                },
            )
        ),
    },
)
MOST_EVENTS: Final = 50
MOST_HOURS: Final = 24 * 800
# Their aliases, and what they leave on a timeline, are taken as well.
SIMULATED_EVENTS: Final = (*(name for name, _ in event_choices()), *SEGMENTS)
SIMULATE: Final = inline_serializer(
    "JourneySimulate",
    {
        "customerId": serializers.UUIDField(required=False),
        "days": serializers.IntegerField(required=False, min_value=1, max_value=365),
        "data": serializers.DictField(required=False),
        "events": serializers.ListField(
            child=inline_serializer(
                "JourneySimulateEvent",
                {
                    "event": serializers.ChoiceField(
                        choices=SIMULATED_EVENTS,
                        help_text="Of the catalogue; or segment.joined, segment.left.",
                    ),
                    "afterHours": serializers.FloatField(required=False, min_value=0, max_value=MOST_HOURS),
                    "data": serializers.DictField(
                        required=False, help_text="As it would come; `segmentId` of a segment."
                    ),
                },
            ),
            max_length=MOST_EVENTS,
            required=False,
        ),
        "definition": DefinitionField(required=False, help_text="Left out: the draft."),
    },
)
TRIAL_ID: Final = OpenApiParameter("trialId", OpenApiTypes.UUID, OpenApiParameter.PATH)
SECRET_NAME: Final = OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH)
TRIAL_START: Final = inline_serializer(
    "JourneyTrialStart",
    {
        "days": serializers.IntegerField(required=False, min_value=1, max_value=365),
        "definition": DefinitionField(required=False, help_text="Left out: the draft."),
    },
)
REPLAYED: Final = inline_serializer(
    "JourneyReplayed",
    {
        "days": serializers.IntegerField(help_text="How far it looked back."),
        "entered": serializers.IntegerField(help_text="How many would have entered."),
        "refused": _counts("How many would not, by reason."),
        "byDay": _counts("Entries by day."),
        "byStep": serializers.ListField(
            child=serializers.DictField(), help_text="How many came to each step."
        ),
        "sent": serializers.IntegerField(),
        "capped": serializers.IntegerField(help_text="Not sent: the person had had enough."),
        "suppressed": serializers.IntegerField(help_text="Not sent: not allowed, or not possible."),
        "clashes": serializers.IntegerField(help_text="Sent on a day with another message of the club."),
        "messages": _counts("What became of them."),
        "messagesByDay": _counts("Sent, by day."),
        "ended": _counts("Ends, by reason."),
        "converted": serializers.IntegerField(help_text="How many would have reached the goal."),
        "stillIn": serializers.IntegerField(),
        "samples": serializers.ListField(
            child=serializers.DictField(), help_text="Some of them, step by step."
        ),
    },
)
TRIAL: Final = inline_serializer(
    "JourneyTrial",
    {
        "id": serializers.UUIDField(),
        "journeyId": serializers.UUIDField(),
        "days": serializers.IntegerField(),
        "status": serializers.ChoiceField(choices=TrialStatus.choices),
        "progress": serializers.IntegerField(help_text="Per cent."),
        "error": serializers.CharField(allow_null=True),
        "madeAt": serializers.DateTimeField(),
        "endedAt": _moment(),
        "result": serializers.DictField(
            allow_null=True,
            help_text="entered, byDay, byStep, messages, messagesByDay, capped, suppressed, clashes, refused, ended,"
            " stillIn, samples.",
        ),
    },
)
TRIALS: Final = inline_serializer("JourneyTrials", {"data": _many(TRIAL)})
SECRET: Final = inline_serializer(
    "JourneySecret",
    {
        "name": serializers.CharField(),
        "createdAt": serializers.DateTimeField(),
        "createdBy": serializers.CharField(),
    },
)
SECRETS: Final = inline_serializer("JourneySecrets", {"data": _many(SECRET)})
SECRET_KEEP: Final = inline_serializer(
    "JourneySecretKeep",
    {"secret": secret_field()},
)
SECRET_MAKE: Final = inline_serializer(
    "JourneySecretMake",
    {
        "name": serializers.RegexField(f"^{NAME.pattern}$"),
        "secret": secret_field(),
    },
)
SECRET_KEPT: Final = inline_serializer(
    "JourneySecretKept",
    {
        "name": serializers.CharField(),
        "createdAt": serializers.DateTimeField(),
        "createdBy": serializers.CharField(),
        "secret": serializers.CharField(help_text="Told this once."),
    },
)
SIMULATED: Final = inline_serializer(
    "JourneySimulated",
    {
        "entered": serializers.BooleanField(),
        "reason": serializers.CharField(allow_null=True, help_text="Why they would not enter."),
        "words": serializers.CharField(required=False, help_text="The same for people."),
        "stops": serializers.IntegerField(required=False, help_text="How often they would wait."),
        "converted": serializers.BooleanField(required=False, help_text="Whether the goal would be reached."),
        "story": serializers.ListField(child=serializers.DictField(), help_text="Step by step."),
        "messages": serializers.ListField(child=serializers.DictField(), help_text="What would be said."),
    },
)
SIMULATION: Final = PolymorphicProxySerializer(
    component_name="JourneySimulation", serializers=[SIMULATED, REPLAYED], resource_type_field_name=None
)
EXPLAINED: Final = inline_serializer(
    "JourneyExplained",
    {
        "isIn": serializers.BooleanField(),
        "run": serializers.DictField(allow_null=True),
        "story": serializers.ListField(child=serializers.DictField()),
        "whyNot": serializers.DictField(allow_null=True),
    },
)
ENROLLMENT: Final = inline_serializer(
    "JourneyEnrollment",
    {
        "id": serializers.IntegerField(),
        "journeyId": serializers.UUIDField(),
        "versionId": serializers.IntegerField(),
        "customerId": serializers.UUIDField(),
        "key": serializers.CharField(allow_null=True),
        "status": serializers.ChoiceField(choices=RUN_STATUSES),
        "reason": serializers.CharField(allow_null=True),
        "step": serializers.CharField(),
        "dueAt": _moment(),
        "enteredAt": serializers.DateTimeField(),
        "endedAt": _moment(),
    },
)
ENROLLMENTS: Final = _many(ENROLLMENT)
ANALYTICS: Final = inline_serializer(
    "JourneyAnalytics", {"data": serializers.ListField(child=serializers.DictField())}
)
TASK: Final = inline_serializer(
    "Task",
    {
        "id": serializers.UUIDField(),
        "tenantId": serializers.UUIDField(),
        "customerId": serializers.UUIDField(),
        "title": serializers.CharField(),
        "reason": serializers.CharField(),
        "owner": serializers.CharField(allow_null=True),
        "dueOn": serializers.DateField(),
        "snoozedUntil": serializers.DateField(allow_null=True),
        "status": serializers.ChoiceField(choices=TaskStatus.choices),
        "outcome": serializers.ChoiceField(choices=Outcome.choices, allow_null=True),
        "note": serializers.CharField(),
        "source": serializers.ChoiceField(choices=TaskSource.choices),
        "createdAt": serializers.DateTimeField(),
        "updatedAt": serializers.DateTimeField(),
        "createdBy": serializers.CharField(),
        "closedAt": _moment(),
        "closedBy": serializers.CharField(allow_null=True),
    },
)
TASKS: Final = _many(TASK)
TASK_CREATE: Final = inline_serializer(
    "TaskCreate",
    {
        "customerId": serializers.UUIDField(),
        "title": serializers.CharField(max_length=200),
        "reason": serializers.CharField(required=False, allow_blank=True),
        "owner": serializers.CharField(required=False, help_text="A user name; left out: nobody yet."),
        "dueOn": serializers.DateField(required=False, help_text="Left out: today."),
    },
)
TASK_CHANGE: Final = inline_serializer(
    "TaskChange",
    {
        "title": serializers.CharField(required=False),
        "reason": serializers.CharField(required=False, allow_blank=True),
        "owner": serializers.CharField(required=False),
        "dueOn": serializers.DateField(required=False),
        "snoozedUntil": serializers.DateField(required=False),
        "outcome": serializers.ChoiceField(choices=Outcome.choices, required=False),
        "reopen": serializers.BooleanField(required=False, help_text="true: its closing is taken back."),
        "note": serializers.CharField(required=False),
    },
)
