"""System checks of what this app is told."""

from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

TAG: Final = "crm"
OF_S3: Final = ("CRM_S3_URL", "CRM_S3_BUCKET", "CRM_S3_ACCESS_KEY", "CRM_S3_SECRET_KEY")


@register(TAG)
def check_media_storage(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """crm.E022: media in a bucket need the bucket's address, name and keys."""
    if settings.CRM_MEDIA_STORAGE != "S3":
        return []
    missing = [name for name in OF_S3 if not getattr(settings, name)]
    if not missing:
        return []
    return [
        Error(
            f"CRM_MEDIA_STORAGE is S3, but {', '.join(missing)} is missing.",
            hint="Set what is missing, or CRM_MEDIA_STORAGE=FOLDER to keep media on this machine.",
            id="crm.E022",
        )
    ]
