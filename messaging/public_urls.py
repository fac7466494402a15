"""Routes for readers of mails, who have no login."""

from django.urls import path

from messaging.public import clicked, opened, unsubscribe

urlpatterns = [
    path("m/unsubscribe/<str:token>", unsubscribe, name="message-unsubscribe"),
    path("m/open/<str:token>", opened, name="message-opened"),
    path("m/click/<str:token>", clicked, name="message-clicked"),
]
