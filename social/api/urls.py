"""Routes of social publishing below the API's root."""

from django.urls import path

from social.api import promotions, published, views

ONE = "social/connections/<str:connectionId>"
POST = "social/posts/<str:postId>"
urlpatterns = [
    path("social/connections", views.ConnectionsView.as_view(), name="social-connections"),
    path("social/connections/connect", views.ConnectView.as_view(), name="social-connect"),
    path("social/connections/callback", views.CallbackView.as_view(), name="social-callback"),
    path(ONE, views.ConnectionView.as_view(), name="social-connection"),
    path(f"{ONE}/refresh", views.RefreshView.as_view(), name="social-refresh"),
    path("social/posts", views.PostsView.as_view(), name="social-posts"),
    path(POST, views.PostView.as_view(), name="social-post"),
    path(f"{POST}/publish", views.PublishPostView.as_view(), name="social-publish"),
    path(f"{POST}/cancel", views.CancelPostView.as_view(), name="social-cancel"),
    path(f"{POST}/retry", views.RetryPostView.as_view(), name="social-retry"),
    path(f"{POST}/sync-engagement", views.SyncEngagementView.as_view(), name="social-sync-engagement"),
    path(
        f"{POST}/targets/<str:targetId>/<str:act>",
        published.PublishedActView.as_view(),
        name="social-target-act",
    ),
    path("social/media", views.MediaListView.as_view(), name="social-media-list"),
    path("social/media/<str:mediaId>", views.MediaView.as_view(), name="social-media-one"),
    path("promotions", promotions.PromotionsView.as_view(), name="promotions"),
    path("promotions/<str:promotionId>", promotions.PromotionView.as_view(), name="promotion"),
    path(
        "promotions/<str:promotionId>/<str:act>", promotions.PromotionActView.as_view(), name="promotion-act"
    ),
    path("analytics/social", views.SocialAnalyticsView.as_view(), name="social-analytics"),
]
