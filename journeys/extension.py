"""What this app brings to the house."""

from typing import Final

from tenants.extension import Extension

EXTENSION: Final = Extension()
