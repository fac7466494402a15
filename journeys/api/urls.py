"""Routes of journeys and tasks under /api/v1/."""

from django.urls import path

from journeys.api import trials, views
from journeys.api.secrets import SecretsView, SecretView
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
    path(f"{J}/simulate", trials.SimulateView.as_view(), name="simulate-journey"),
    path(f"{J}/explain", views.ExplainView.as_view(), name="explain-journey"),
    path(f"{J}/enrollments", views.EnrollmentsView.as_view(), name="journey-enrollments"),
    path(f"{J}/trials", trials.TrialsView.as_view(), name="journey-trials"),
    path(f"{J}/trials/<str:trialId>", trials.TrialView.as_view(), name="journey-trial"),
    path("journey-secrets", SecretsView.as_view(), name="journey-secrets"),
    path("journey-secrets/<str:name>", SecretView.as_view(), name="journey-secret"),
    path("analytics/journeys", views.JourneyAnalyticsView.as_view(), name="journey-analytics"),
    path("tasks", TasksView.as_view(), name="tasks"),
    path("tasks/<str:taskId>", TaskView.as_view(), name="task"),
]
