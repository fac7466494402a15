"""Mail providers that django-anymail speaks to with one key; read by the settings, without Django."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Provider:
    """Where django-anymail keeps its parts for a provider, and what it calls the provider's key."""

    module: str
    key: str
    view: str


PROVIDERS: Final[Mapping[str, Provider]] = {
    "BREVO": Provider("brevo", "BREVO_API_KEY", "BrevoTrackingWebhookView"),
    "MAILERSEND": Provider("mailersend", "MAILERSEND_API_TOKEN", "MailerSendTrackingWebhookView"),
    "MAILGUN": Provider("mailgun", "MAILGUN_API_KEY", "MailgunTrackingWebhookView"),
    "POSTMARK": Provider("postmark", "POSTMARK_SERVER_TOKEN", "PostmarkTrackingWebhookView"),
    "RESEND": Provider("resend", "RESEND_API_KEY", "ResendTrackingWebhookView"),
    "SENDGRID": Provider("sendgrid", "SENDGRID_API_KEY", "SendGridTrackingWebhookView"),
    "SPARKPOST": Provider("sparkpost", "SPARKPOST_API_KEY", "SparkPostTrackingWebhookView"),
}
