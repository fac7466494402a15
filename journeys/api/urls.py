"""Routes of journeys and tasks under /api/v1/."""

from django.urls import path

from journeys.api import views
from journeys.api.tasks import TasksView, TaskView

J = "journeys/<str:journeyId>"
urlpatterns = [
    path("journeys", views.JourneysView.as_view(), name="journeys"),
    path(J, views.JourneyView.as_view(), name="journey"),
    path(f"{J}/steps", views.StepsView.as_view(), name="journey-steps"),
    path(f"{J}/activate", views.ActivateView.as_view(), name="activate-journey"),
    path(f"{J}/pause", views.PauseView.as_view(), name="pause-journey"),
    path(f"{J}/archive", views.ArchiveView.as_view(), name="archive-journey"),
    path(f"{J}/enroll", views.EnrollView.as_view(), name="enroll-journey"),
    path(f"{J}/simulate", views.SimulateView.as_view(), name="simulate-journey"),
    path(f"{J}/explain", views.ExplainView.as_view(), name="explain-journey"),
    path(f"{J}/enrollments", views.EnrollmentsView.as_view(), name="journey-enrollments"),
    path("analytics/journeys", views.JourneyAnalyticsView.as_view(), name="journey-analytics"),
    path("tasks", TasksView.as_view(), name="tasks"),
    path("tasks/<str:taskId>", TaskView.as_view(), name="task"),
]
