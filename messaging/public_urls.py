"""Routes for readers of mails, who have no login."""

from django.urls import path

from messaging.providers import mail_events
from messaging.public import clicked, opened, unsubscribe

urlpatterns = [
    path("m/unsubscribe/<str:token>", unsubscribe, name="message-unsubscribe"),
    path("m/open/<str:token>", opened, name="message-opened"),
    path("m/provider", mail_events, name="mail-provider-events"),
    path("m/click/<str:token>", clicked, name="message-clicked"),
]
