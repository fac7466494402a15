"""Routes of segments below the API's root."""

from django.urls import path

from segments.api import segments as views

ONE = "segments/<str:segmentId>"
urlpatterns = [
    path("segments", views.SegmentsView.as_view(), name="segments"),
    path("segments/fields", views.FieldsView.as_view(), name="segment-fields"),
    path("segments/preview", views.PreviewView.as_view(), name="preview-segment"),
    path(ONE, views.SegmentView.as_view(), name="segment"),
    path(f"{ONE}/members", views.MembersView.as_view(), name="segment-members"),
    path(f"{ONE}/refresh", views.RefreshView.as_view(), name="refresh-segment"),
    path(f"{ONE}/sync-to-messaging", views.SyncView.as_view(), name="sync-segment"),
    path(f"{ONE}/explain", views.ExplainView.as_view(), name="explain-segment"),
]
