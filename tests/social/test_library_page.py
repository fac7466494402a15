"""Files are added and described beside the post that is being written."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from social.models import Media
from tests.back_office import desk
from tests.social.films import film
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
BESIDE = {"X-Requested-With": "fetch"}


def test_files_are_added_and_described_beside_the_post(stage: Stage) -> None:
    staff = desk(stage.club.marketing_manager)
    files = [SimpleUploadedFile("round.mp4", film()), SimpleUploadedFile("list.pdf", b"%PDF-1.4")]

    piece = staff.post("/admin/social/media/", {"files": files}, headers=BESIDE).content.decode()
    row = Media.objects.get()
    act = f"/admin/social/media/{row.pk}/act/"
    done = staff.post(act, {"alt_text": "The ninth"}, headers=BESIDE)

    assert f'value="{row.pk}" checked' in piece
    assert "list.pdf: The file is no picture" in piece
    assert "<html" not in piece
    row.refresh_from_db()
    assert (done.status_code, row.alt_text) == (204, "The ninth")
