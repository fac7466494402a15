"""Routes below the API's root."""

from django.urls import path

from tests.sample.api import LostItemsView

urlpatterns = [path("lost-items", LostItemsView.as_view(), name="lost-items")]
