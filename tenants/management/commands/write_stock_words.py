"""`manage.py write_stock_words`: the catalogue that puts our words in the place of Django's, from the table."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.core.management.base import BaseCommand

from tenants.stock_words import COUNTED, FOLDER, WORDS

# No date of its own, so that the same table makes the same file.
MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Command(BaseCommand):
    """Needed after a change of `tenants.stock_words`; the file is kept with the sources."""

    help = "Write the catalogue of the back office's own words for stock sentences."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "django.mo").write_bytes(compiled())
        self.stdout.write(f"{len(WORDS) + len(COUNTED)} sentences written.")


def compiled() -> bytes:
    """The catalogue in gettext's binary form; the same for the same table."""
    catalog = Catalog(locale="en_GB", fuzzy=False, charset="utf-8", creation_date=MADE, revision_date=MADE)
    for stock, ours in WORDS.items():
        catalog.add(stock, ours)
    for many, ours_many in COUNTED.items():
        catalog.add(many, ours_many)
    written = BytesIO()
    write_mo(written, catalog)
    return written.getvalue()
