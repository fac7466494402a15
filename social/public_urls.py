"""Routes for those without a login: networks that fetch media."""

from django.urls import path

from social.serving_view import serve_media

urlpatterns = [path("media/<uuid:media_id>", serve_media, name="social-media")]
