"""Messages to one person over REST: what was sent, writing one, seeing it before."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from messaging.api import schema
from messaging.models import Delivery, SendChannel
from messaging.rendering import TemplateProblem
from messaging.representation import letter_fields, letters_to
from messaging.writing import preview, ways_to, write_to
from profiles.api.parameters import customer_id_of
from profiles.api.schema import CUSTOMER_ID
from profiles.models import CustomerProfile
from profiles.reading import get_customer
from tenants.api.bodies import body_object
from tenants.api.listing import ListView
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import UnprocessableError
from tenants.models import Scope, Tenant
from tenants.scope import current_tenant_id

TAGS: Final = ["messages"]
FIELDS: Final = ("channel", "subject", "body", "templateId")
Fields = dict[str, Any]


class LettersView(ListView):
    """What was sent to a customer, whoever wanted it, and writing to them."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    list_sorts = {"dueAt": "due_at"}

    @extend_schema(
        operation_id="listCustomerMessages",
        tags=TAGS,
        summary="List a customer's messages",
        parameters=[CUSTOMER_ID],
        responses=schema.LETTERS,
    )
    def get(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Of campaigns, journeys and colleagues, the newest first; also what was not sent, with the reason."""
        profile = _customer(customerId)
        return Response(self.list_answer(request, letters_to(profile.pk), letter_fields))

    @extend_schema(
        operation_id="writeToCustomer",
        tags=TAGS,
        summary="Write to a customer",
        parameters=[CUSTOMER_ID],
        request=schema.WRITE,
        responses={201: schema.LETTER},
    )
    def post(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Through the send ledger, at once. 409 `NOT_ALLOWED` where consent, restriction or a bounce forbids it."""
        profile, letter = _customer(customerId), read_letter(body_object(request))
        with _told_by_field():
            if not letter["template_id"]:
                preview(profile, _club(), subject=letter["subject"], body=letter["body"])
            key = write_to(profile.pk, **letter)
        return Response(letter_fields([Delivery.objects.get(key=key)])[0], status=201)


class PreviewLetterView(TenantApiView):
    """Seeing a message before it is sent."""

    required_scopes = {"POST": Scope.READ}

    @extend_schema(
        operation_id="previewCustomerMessage",
        tags=TAGS,
        summary="See a message as the customer would",
        parameters=[CUSTOMER_ID],
        request=schema.WRITE,
        responses=schema.PREVIEW,
    )
    def post(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """An unknown token is an error with its place. Also tells which channels are open, and why others are not."""
        profile, letter = _customer(customerId), read_letter(body_object(request))
        with _told_by_field():
            shown = preview(profile, _club(), subject=letter["subject"], body=letter["body"])
        channels = [
            {"channel": way.channel, "isOpen": way.is_open, "reasonText": way.why_not or None}
            for way in ways_to(profile.pk)
        ]
        return Response({"subject": shown.subject, "body": shown.body, "channels": channels})


def read_letter(body: Mapping[str, Any]) -> dict[str, str]:
    """The arguments of `write_to`; raises UnprocessableError with every field and its reason."""
    problems = {name: "There is no such field here." for name in body if name not in FIELDS}
    given = {name: body.get(name, "") for name in FIELDS}
    problems |= {name: "Write a text." for name, value in given.items() if not isinstance(value, str)}
    if not problems:
        problems = _missing(given)
    if problems:
        details = [{"field": name, "message": words} for name, words in problems.items()]
        raise UnprocessableError("Some fields cannot be taken as they are.", details=details)
    is_mail = given["channel"] == SendChannel.EMAIL
    return {
        "channel": given["channel"],
        "subject": given["subject"].strip() if is_mail else "",
        "body": given["body"].strip(),
        "template_id": given["templateId"].strip(),
    }


def _missing(given: Mapping[str, str]) -> dict[str, str]:
    if given["channel"] not in SendChannel.values:
        return {"channel": f"Choose one of {', '.join(SendChannel.values)}."}
    if given["templateId"].strip():
        return {} if not given["body"].strip() else {"body": "Send a template or a text, not both."}
    if not given["body"].strip():
        return {"body": "Write a text, or name a template."}
    if given["channel"] == SendChannel.EMAIL and not given["subject"].strip():
        return {"subject": "A mail needs a subject."}
    return {}


@contextmanager
def _told_by_field() -> Iterator[None]:
    """What is wrong with a text is told at its field."""
    try:
        yield
    except TemplateProblem as problem:
        field = "subject" if problem.part == "subject" else "body"
        details = [{"field": field, "message": str(problem)}]
        raise UnprocessableError("Some fields cannot be taken as they are.", details=details) from problem


def _customer(text: str) -> CustomerProfile:
    return get_customer(customer_id_of(text))


def _club() -> Tenant:
    return Tenant.objects.get(pk=current_tenant_id())
