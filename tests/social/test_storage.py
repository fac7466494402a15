"""Media in a bucket: written, read and deleted over real HTTP, fetched by networks under signed addresses that end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest
import requests
from django.test import Client
from PIL import Image
from pytest_django import Settings

from social.checks import check_media_storage
from social.library.keeping import add_media, crop_media, delete_media
from social.library.s3 import BucketFailed, Signer
from social.library.serving import bytes_of, file_of, signed_path
from social.library.storage import FileMissing, storage
from social.models import Media, Target
from social.networks.calling import CallFailed
from tests.back_office import desk
from tests.social.publishing import Stage, file_server, stage
from tests.social.s3_server import BUCKET, KEY, KEY_ID, REGION, Service, s3_service
from tests.social.sandboxes import control, sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def bucket(settings: Settings) -> Iterator[Service]:
    """The library's bucket."""
    with s3_service() as service:
        settings.CRM_MEDIA_STORAGE, settings.CRM_S3_URL = "S3", service.url
        settings.CRM_S3_BUCKET, settings.CRM_S3_REGION = BUCKET, REGION
        settings.CRM_S3_ACCESS_KEY, settings.CRM_S3_SECRET_KEY = KEY_ID, KEY
        yield service


def green() -> BytesIO:
    buffer = BytesIO()
    Image.new("RGB", (1080, 1080), "green").save(buffer, "JPEG")
    return BytesIO(buffer.getvalue())


def test_a_signature_is_amazons_own_of_the_published_example() -> None:
    signer = Signer("us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    now = datetime(2013, 5, 24, tzinfo=UTC)

    query = signer.signed_query(
        "/test.txt", "examplebucket.s3.amazonaws.com", life=timedelta(days=1), now=now
    )

    assert query.endswith("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_a_picture_lives_in_the_bucket_and_nowhere_else(stage: Stage, bucket: Service) -> None:
    row = add_media(green(), name="green.jpg")
    cut = crop_media(row.pk, ratio="16:9")

    assert set(bucket.objects) == {row.storage_key, cut.storage_key}
    assert bucket.objects[row.storage_key] == (bytes_of(row), "image/jpeg")
    page = desk(stage.club.admin).get(f"/admin/social/media/{row.pk}/file/")
    assert (page.status_code, page.getvalue()) == (200, bytes_of(row))
    delete_media(row.pk)
    assert set(bucket.objects) == {cut.storage_key}


def test_networks_fetch_a_private_object_until_its_address_ends(stage: Stage, bucket: Service) -> None:
    row = add_media(green(), name="green.jpg")
    url = file_of(row).url

    assert requests.get(url, timeout=60).content == bytes_of(row)
    assert requests.get(f"{bucket.url}/{BUCKET}/{row.storage_key}", timeout=60).status_code == 403
    assert requests.get(url.replace(str(row.pk), str(UUID(int=1))), timeout=60).status_code == 403
    assert requests.put(url, data=b"other", timeout=60).status_code == 403
    bucket.ahead = timedelta(hours=25)
    assert requests.get(url, timeout=60).status_code == 200
    bucket.ahead = timedelta(hours=27)
    assert requests.get(url, timeout=60).status_code == 403


def test_a_post_with_a_picture_of_the_bucket_is_published_everywhere(stage: Stage, bucket: Service) -> None:
    post = stage.post("FACEBOOK", "INSTAGRAM", "TWITTER", media_ids=[add_media(green(), name="green.jpg").pk])

    stage.turn()

    assert set(Target.objects.filter(post=post).values_list("status", flat=True)) == {"PUBLISHED"}
    fetched = [one for one in bucket.calls if one[0] == "GET"]
    assert len(fetched) >= 3
    assert {status for _, _, status in fetched} == {200}


def test_a_bucket_that_is_away_is_said_and_leaves_no_row(stage: Stage, bucket: Service) -> None:
    bucket.failing = 1
    row = add_media(green(), name="passes.jpg")
    bucket.failing = 9

    with pytest.raises(BucketFailed, match="did not do PUT: status 503"):
        add_media(BytesIO(green().getvalue() + b"\0"), name="fails.jpg", ratio="16:9")

    assert Media.objects.get() == row
    bucket.failing = 9
    assert Client().get(signed_path(row.pk)).status_code == 503
    bucket.failing = 9
    with pytest.raises(CallFailed) as failed:
        file_of(row).load()
    assert (failed.value.is_sent, failed.value.verdict.meaning.name) == (False, "MEDIA_NOT_FETCHED")


def test_x_waits_for_a_bucket_that_is_away_and_publishes_once(stage: Stage, bucket: Service) -> None:
    post = stage.post("TWITTER", media_ids=[add_media(green(), name="green.jpg").pk])
    bucket.failing = 3

    stage.turn()
    waiting = stage.target(post).status
    stage.turn(1)

    assert (waiting, stage.target(post).status) == ("WAITING", "PUBLISHED")
    assert len(control(stage.sandbox, "posts", {"network": "x"})["posts"]) == 1


def test_what_the_storage_lost_is_missing_and_not_an_error(stage: Stage, bucket: Service) -> None:
    row = add_media(green(), name="green.jpg")
    bucket.objects.clear()

    with pytest.raises(FileMissing):
        storage().read(row.storage_key)
    assert Client().get(signed_path(row.pk)).status_code == 404
    with pytest.raises(CallFailed, match="MEDIA_INVALID"):
        file_of(row).load()


def test_a_bucket_without_its_keys_is_refused_at_the_start(bucket: Service, settings: Settings) -> None:
    assert check_media_storage(None) == []
    settings.CRM_S3_SECRET_KEY = ""

    (fault,) = check_media_storage(None)

    assert fault.id == "crm.E022"
    assert "CRM_S3_SECRET_KEY is missing" in fault.msg
    settings.CRM_MEDIA_STORAGE = "FOLDER"
    assert check_media_storage(None) == []


def test_an_address_of_a_folder_ends_too(stage: Stage) -> None:
    row = add_media(green(), name="green.jpg")

    assert Client().get(signed_path(row.pk)).status_code == 200
    assert Client().get(signed_path(row.pk, life=timedelta(seconds=-1))).status_code == 404
