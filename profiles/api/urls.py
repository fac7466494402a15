"""Routes of customers below the API's root."""

from django.urls import path

from profiles.api.customers import BatchView, CustomersView, CustomerView, ResolveView
from profiles.api.exporting import ExportCustomersView
from profiles.api.history import ActivitiesView, NotesView
from profiles.api.merging import MergeView, UnmergeView
from profiles.api.privacy import EraseView, ExportView, RestrictionView
from profiles.api.scores import ScoresView, ScoringRulesView

urlpatterns = [
    path("customers", CustomersView.as_view(), name="customers"),
    path("customers/batch", BatchView.as_view(), name="write-customers"),
    path("customers/resolve", ResolveView.as_view(), name="resolve-customer"),
    path("customers/export", ExportCustomersView.as_view(), name="export-customers"),
    path("customers/<str:customerId>", CustomerView.as_view(), name="customer"),
    path("customers/<str:winnerId>/merge", MergeView.as_view(), name="merge-customers"),
    path("customers/<str:customerId>/unmerge", UnmergeView.as_view(), name="unmerge-customer"),
    path("customers/<str:customerId>/activities", ActivitiesView.as_view(), name="activities"),
    path("customers/<str:customerId>/export", ExportView.as_view(), name="export-customer"),
    path("customers/<str:customerId>/erase", EraseView.as_view(), name="erase-customer"),
    path("customers/<str:customerId>/restriction", RestrictionView.as_view(), name="restriction"),
    path("customers/<str:customerId>/scores", ScoresView.as_view(), name="scores"),
    path("scoring/rules", ScoringRulesView.as_view(), name="scoring-rules"),
    path("customers/<str:customerId>/notes", NotesView.as_view(), name="notes"),
]
