"""Pages for people who are not in the back office yet: accepting an invitation, a new password, the second factor."""

from django.urls import path

from tenants.admin import account_views as views

urlpatterns = [
    path("account/join/<uuid:club_id>/<uuid:invitation_id>/<str:token>", views.join, name="account-join"),
    path("account/password", views.AskForPassword.as_view(), name="admin_password_reset"),
    path("account/password/sent", views.PasswordAsked.as_view(), name="account-password-sent"),
    path(
        "account/password/new/<str:uidb64>/<str:token>",
        views.NewPassword.as_view(),
        name="account-password-new",
    ),
    path("account/password/done", views.PasswordDone.as_view(), name="account-password-done"),
    path("account/code", views.code, name="account-code"),
]
