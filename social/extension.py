"""What this app brings to the house."""

from typing import Final

from social.tables import TABLES
from tenants.extension import (
    Consumer,
    DashboardPanel,
    Extension,
    Logged,
    NavEntry,
    Periodic,
    Queue,
    Sealed,
    Setting,
    Tag,
)

EXTENSION: Final = Extension(
    error_codes="social.error_codes.CODES",
    logged=(
        Logged("post", "social.Post", "text", "the post", "social_post"),
        Logged("promotion", "social.Promotion", "name", "the promotion", "promotion"),
    ),
    tables=TABLES,
    sealed=(
        Sealed("social.Connection", "access_sealed", "social.tokens.access_context"),
        Sealed("social.Connection", "refresh_sealed", "social.tokens.refresh_context"),
        Sealed("social.OAuthState", "verifier_sealed", "social.connecting.verifier_context"),
        Sealed("social.ClubApp", "secret_sealed", "social.networks.addresses.app_context"),
    ),
    large_uploads=("/admin/social/media/", "/api/v1/social/media"),
    urls="social.api.urls",
    public_urls="social.public_urls",
    tags=(
        Tag("social", "Posts on Facebook, Instagram and X: accounts, publishing, numbers.", 70),
        Tag("promotions", "Events that promote themselves: a plan that follows field and changes.", 75),
    ),
    enum_names={
        "SocialPlatform": "social.models.Network",
        "SocialConnectionStatus": "social.models.ConnectionStatus",
        "SocialPostStatus": "social.models.PostStatus",
        "SocialTargetStatus": "social.models.TargetStatus",
        "SocialCallKind": "social.models.StepKind",
        "SocialCallOutcome": "social.models.Outcome",
        "SocialMediaKind": "social.models.MediaKind",
        "PromotionStatus": "social.models.PromotionStatus",
        "PromotionSource": "social.models.SourceType",
        "PromotionChannel": "social.promoting.actions.PLAN_CHANNELS",
    },
    nav=(
        NavEntry("Social posts", "campaign", "social_posts", "VIEW_PROFILES", "Social", 500),
        NavEntry("Queue", "schedule", "social_queue", "VIEW_PROFILES", "Social", 505),
        NavEntry("Reports", "monitoring", "social_reports", "VIEW_PROFILES", "Social", 525),
        NavEntry("Promotions", "event_available", "promotions", "VIEW_PROFILES", "Social", 510),
        NavEntry("Media library", "photo_library", "social_media", "VIEW_PROFILES", "Social", 520),
        NavEntry("Social settings", "tune", "social_settings", "ADMINISTER", "Settings", 946),
        NavEntry("Accounts", "hub", "social_accounts", "VIEW_PROFILES", "Social", 530),
    ),
    dashboard_panels=(
        DashboardPanel("social", "Social", "social/dashboard.html", "social.dashboard.context", order=60),
    ),
    styles=("crm/social.css",),
    scripts=("crm/social.js",),
    graphql_queries=("social.graphql.roots.SocialQueries",),
    graphql_mutations=("social.graphql.roots.SocialMutations",),
    programs=("social_sandbox",),
    calendar=("social.calendar.entries",),
    timeline_names={"competitionId": "social.timeline_names.competitions"},
    demo=("social.demo.furnish",),
    # Publishing waits for other people's servers.
    queues={
        "social.publish": Queue.WEBHOOKS,
        "social.sweep_publishing": Queue.WEBHOOKS,
        "social.measure": Queue.WEBHOOKS,
        "social.promote": Queue.WEBHOOKS,
        "social.fetch_pictures": Queue.WEBHOOKS,
        "social.warn": Queue.WEBHOOKS,
    },
    schedule=(
        Periodic("social.sweep_publishing", seconds=1, expires=3),
        Periodic("social.measure", seconds=60, expires=50),
        Periodic("social.promote", seconds=10, expires=9),
        Periodic("social.fetch_pictures", seconds=5, expires=4),
        Periodic("social.warn", seconds=3600, expires=3000),
    ),
    consumers=(
        Consumer(
            "promotions",
            ("competition.changed", "activity.recorded"),
            "social.promoting.log_consumer.follow",
            "Promotions of events",
            wants="social.promoting.log_consumer.wants",
        ),
    ),
    settings=(
        Setting(
            "CRM_SOCIAL_NETWORKS",
            "choice",
            "SANDBOX",
            "LIVE speaks to Facebook, Instagram and X; SANDBOX to the stand-in.",
            ("SANDBOX", "LIVE"),
        ),
        Setting(
            "CRM_SOCIAL_SANDBOX_URL",
            "text",
            "",
            "Where the stand-in of the social networks stands; empty: this machine, 99 ports above PORT.",
        ),
        Setting("CRM_META_VERSION", "text", "v26.0", "The version of the Graph API that is spoken."),
        Setting("CRM_META_APP_ID", "text", "", "The platform's app at Meta."),
        Setting("CRM_META_APP_SECRET", "text", "", "Its secret."),
        Setting("CRM_INSTAGRAM_APP_ID", "text", "", "The platform's app for Instagram Login."),
        Setting("CRM_INSTAGRAM_APP_SECRET", "text", "", "Its secret."),
        Setting("CRM_X_CLIENT_ID", "text", "", "The platform's app at X."),
        Setting("CRM_X_CLIENT_SECRET", "text", "", "Its secret."),
        Setting(
            "CRM_PUBLIC_URL",
            "text",
            "",
            "The address under which networks fetch media and send people back; empty: this machine and PORT.",
        ),
        Setting(
            "CRM_MEDIA_STORAGE",
            "choice",
            "FOLDER",
            "FOLDER keeps media in CRM_MEDIA_DIR, S3 in a bucket.",
            ("FOLDER", "S3"),
        ),
        Setting("CRM_MEDIA_DIR", "text", "", "Where media lie; empty: the data folder."),
        Setting("CRM_S3_URL", "text", "", "The service that speaks S3, without the bucket."),
        Setting(
            "CRM_S3_PUBLIC_URL", "text", "", "The same as others reach it; empty: the same address for all."
        ),
        Setting("CRM_S3_BUCKET", "text", "", "The bucket of media."),
        Setting(
            "CRM_S3_REGION", "text", "us-east-1", "Its region; most services other than Amazon's take any."
        ),
        Setting("CRM_S3_ACCESS_KEY", "text", "", "The key's id."),
        Setting("CRM_S3_SECRET_KEY", "text", "", "The key."),
    ),
)
