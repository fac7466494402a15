"""Routes of events below the API's root."""

from django.urls import path

from events.api import contracts, webhooks
from events.api.stream import StreamView
from events.api.views import EventsView, EventView, ReplayEventView

urlpatterns = [
    path("event-types", contracts.EventTypesView.as_view(), name="event-types"),
    path("event-types/<str:eventType>", contracts.EventTypeView.as_view(), name="event-type"),
    path("asyncapi", contracts.AsyncApiView.as_view(), name="asyncapi"),
    path("stream", StreamView.as_view(), name="stream"),
    path("events", EventsView.as_view(), name="events"),
    path("webhooks", webhooks.WebhooksView.as_view(), name="webhooks"),
    path("webhooks/<str:webhookId>", webhooks.WebhookView.as_view(), name="webhook"),
    path("webhooks/<str:webhookId>/secret", webhooks.WebhookSecretView.as_view(), name="webhook-secret"),
    path(
        "webhooks/<str:webhookId>/rotate-secret",
        webhooks.RotateWebhookSecretView.as_view(),
        name="rotate-webhook-secret",
    ),
    path("webhooks/<str:webhookId>/test", webhooks.TestWebhookView.as_view(), name="test-webhook"),
    path("webhooks/<str:webhookId>/replay", webhooks.ReplayWebhookView.as_view(), name="replay-webhook"),
    path(
        "webhooks/<str:webhookId>/deliveries",
        webhooks.WebhookDeliveriesView.as_view(),
        name="webhook-deliveries",
    ),
    path(
        "webhooks/<str:webhookId>/deliveries/<str:deliveryId>",
        webhooks.WebhookDeliveryView.as_view(),
        name="webhook-delivery",
    ),
    path(
        "webhooks/<str:webhookId>/deliveries/<str:deliveryId>/replay",
        webhooks.ReplayWebhookDeliveryView.as_view(),
        name="replay-webhook-delivery",
    ),
    # An event's id is any text; services also put slashes into it.
    path("events/<path:eventId>/replay", ReplayEventView.as_view(), name="replay-event"),
    path("events/<path:eventId>", EventView.as_view(), name="event"),
]
