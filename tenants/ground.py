"""What the ground floor brings: clubs, colleagues, keys, the log of actions."""

from typing import Final

from tenants.extension import Extension, NavEntry, Periodic, Queue, Setting, Tag
from tenants.tables import PERIODS, TABLES

SETTINGS: Final = "Settings"

EXTENSION: Final = Extension(
    tables=TABLES,
    periods=PERIODS,
    nav=(
        NavEntry("Club", "golf_course", "tenants_tenant_changelist", "ADMINISTER", SETTINGS, 900),
        NavEntry("Colleagues", "badge", "tenants_membership_changelist", "ADMINISTER", SETTINGS, 910),
        NavEntry("Invitations", "mail", "tenants_invitation_changelist", "ADMINISTER", SETTINGS, 915),
        NavEntry("Log-ins", "person", "tenants_user_changelist", "ADMINISTER", SETTINGS, 920),
        NavEntry("API keys", "key", "tenants_apikey_changelist", "ADMINISTER", SETTINGS, 930),
        NavEntry("Action log", "history", "tenants_loggedaction_changelist", "ADMINISTER", SETTINGS, 990),
    ),
    styles=("crm/frame.css", "crm/parts.css"),
    urls="tenants.api.urls",
    tags=(Tag("access", "Who is calling, and about which clubs.", 5),),
    graphql_queries=("tenants.graphql.ViewerQueries",),
    public_urls="tenants.admin.account_urls",
    scripts=("crm/frame.js", "crm/live.js"),
    schedule=(
        Periodic(
            "tenants.prune_idempotency_records", seconds=3600, expires=3000, name="prune-idempotency-records"
        ),
    ),
    # A mail waits for somebody else's server, but for seconds only.
    queues={
        "tenants.mail_password_reset": Queue.WEBHOOKS,
        "tenants.mail_invitation": Queue.WEBHOOKS,
    },
    settings=(
        Setting(
            "CRM_CORS_ORIGINS", "names", "", "The origins whose pages may call the API from the browser."
        ),
        Setting(
            "CRM_SMTP_HOST",
            "text",
            "",
            "The mail server for mails to staff; without one they become files in `mail` of CRM_DATA_DIR.",
        ),
        Setting("CRM_SMTP_PORT", "number", 587, "Its port."),
        Setting("CRM_SMTP_USER", "text", "", "The user name there, if it asks for one."),
        Setting("CRM_SMTP_PASSWORD", "text", "", "And the password."),
        Setting(
            "CRM_SMTP_SECURITY",
            "choice",
            "STARTTLS",
            "How the way there is protected.",
            ("STARTTLS", "TLS", "NONE"),
        ),
        Setting(
            "CRM_MAIL_PROVIDER",
            "choice",
            "NONE",
            "A mail provider to send by instead of a mail server, for all mails.",
            ("NONE", "BREVO", "MAILERSEND", "MAILGUN", "POSTMARK", "RESEND", "SENDGRID", "SPARKPOST"),
        ),
        Setting("CRM_MAIL_PROVIDER_KEY", "text", "", "The provider's key or token."),
        Setting(
            "CRM_MAIL_WEBHOOK_SECRET",
            "text",
            "",
            "`user:password` in the address that the provider tells of mails at, `/m/provider`.",
        ),
        Setting("CRM_MAIL_FROM", "text", "clubhouse@localhost", "From whom mails to staff come."),
    ),
    locks={
        "IDENTITY": 1,  # who is who in one tenant: identifiers, merges, golden rows
        "IDEMPOTENCY_KEY": 2,  # a request that may come twice, while its first answer is being made
    },
)
