"""Routes of events below the API's root."""

from django.urls import path

from events.api.views import EventsView, EventView

urlpatterns = [
    path("events", EventsView.as_view(), name="events"),
    # An event's id is any text; services also put slashes into it.
    path("events/<path:eventId>", EventView.as_view(), name="event"),
]
