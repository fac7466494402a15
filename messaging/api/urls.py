"""Routes of messages to one person below the API's root."""

from django.urls import path

from messaging.api.letters import LettersView, PreviewLetterView

ONE = "customers/<str:customerId>/messages"
urlpatterns = [
    path(ONE, LettersView.as_view(), name="customer-messages"),
    path(f"{ONE}/preview", PreviewLetterView.as_view(), name="preview-customer-message"),
]
