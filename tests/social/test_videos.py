"""Videos: real films are looked at, refused with the reason where a network would refuse them, and out once."""

import struct
from io import BytesIO
from typing import Any

import pytest
import requests
from django.utils import timezone

from social.checking import problems_of
from social.library.keeping import add_media
from social.library.serving import file_of
from social.models import Media, Target
from tenants.errors import InvalidError
from tests.social.films import film
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import control, sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
NETWORKS = ("FACEBOOK", "INSTAGRAM", "TWITTER")


def added(**wish: Any) -> Media:
    return add_media(BytesIO(film(**wish)), name="round.mp4")


def padded(**wish: Any) -> bytes:
    """A film of some megabytes."""
    return film(**wish) + struct.pack(">I4s", 2_500_000, b"free") + bytes(2_500_000 - 8)


def refusals(media: Media, network: str) -> list[str]:
    found = problems_of(network=network, text="A round", link="", media=[media])
    return [one.message.removeprefix("round.mp4: ") for one in found if one.is_refused]


def test_a_film_is_what_the_probe_says(stage: Stage) -> None:
    row = added()

    assert (row.kind, row.content_type, row.width, row.height, row.duration_ms) == (
        "VIDEO",
        "video/mp4",
        540,
        960,
        4000,
    )
    assert row.details == {
        "container": "MPEG-4",
        "codec": "AVC",
        "audio_codec": "AAC",
        "frame_rate": 25.0,
        "bit_rate": row.details["bit_rate"],
        "chroma": "4:2:0",
        "scan": "Progressive",
        "is_moov_first": True,
        "has_edit_list": False,
    }
    assert [refusals(row, network) for network in NETWORKS] == [[], [], []]


def test_a_film_of_quicktime_keeps_its_kind(stage: Stage) -> None:
    row = added(brand=b"qt  ")

    assert (row.content_type, row.storage_key.rpartition(".")[2]) == ("video/quicktime", "mov")
    assert requests.get(file_of(row).url, timeout=60).status_code == 200


@pytest.mark.parametrize(
    ("wish", "network", "words"),
    [
        ({"seconds": 0.4}, "TWITTER", "X takes 0.5 to 140 seconds; this is 0."),
        ({"seconds": 141, "frames_a_second": 2}, "TWITTER", "X takes 0.5 to 140 seconds; this is 141."),
        ({"width": 1280, "height": 320}, "TWITTER", "X takes 1:3 to 3:1, from 32 × 32."),
        ({"frames_a_second": 90}, "TWITTER", "X takes 60 frames a second at most; this has 90."),
        ({"seconds": 2}, "INSTAGRAM", "Instagram takes 3 seconds to 15 minutes; this is 2 seconds."),
        ({"width": 2048, "height": 1024}, "INSTAGRAM", "Instagram takes 300 MB and a width of 1920 at most."),
        ({"is_moov_first": False}, "INSTAGRAM", "Instagram wants it saved for the web"),
        ({"has_edit_list": True}, "INSTAGRAM", "Instagram wants it saved for the web"),
        ({"frames_a_second": 15}, "INSTAGRAM", "Instagram takes 23 to 60 frames a second; this has 15."),
        ({"width": 960, "height": 540}, "FACEBOOK", "Facebook takes reels upright, 9:16, from 540 × 960."),
        ({"width": 270, "height": 480}, "FACEBOOK", "Facebook takes reels upright, 9:16, from 540 × 960."),
        (
            {"seconds": 91, "frames_a_second": 24},
            "FACEBOOK",
            "Facebook takes videos as reels of 3 to 90 seconds",
        ),
        ({"frames_a_second": 12}, "FACEBOOK", "Facebook takes 24 to 60 frames a second; this has 12."),
    ],
)
def test_a_network_that_would_refuse_a_film_says_why_while_writing(
    stage: Stage, wish: dict[str, Any], network: str, words: str
) -> None:
    (said,) = refusals(added(**wish), network)

    assert said.startswith(words)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"audio_codec": "MPEG Audio"}, "its sound is MPEG Audio"),
        ({"chroma": "4:2:2"}, "its colours are kept as 4:2:2"),
        ({"scan": "Interlaced"}, "its pictures are interlaced"),
        ({"codec": "VP9"}, "the video is VP9"),
    ],
)
def test_what_no_network_takes_is_refused_by_each(stage: Stage, details: dict[str, str], words: str) -> None:
    row = added()
    row.details |= details

    assert [any(one.startswith(words) for one in refusals(row, network)) for network in NETWORKS] == [
        True
    ] * 3


def test_a_film_without_sound_is_fine(stage: Stage) -> None:
    assert [refusals(added(has_sound=False), network) for network in NETWORKS] == [[], [], []]


@pytest.mark.parametrize("where", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("is_moov_first", [True, False])
def test_a_film_that_was_cut_off_is_refused(stage: Stage, where: float, is_moov_first: bool) -> None:
    whole = film(is_moov_first=is_moov_first, seconds=8)

    with pytest.raises(InvalidError, match=r"no MP4 or MOV|broken|cut off"):
        add_media(BytesIO(whole[: int(len(whole) * where)]), name="cut.mp4")


def test_a_film_goes_out_on_every_network_in_parts_and_after_processing(stage: Stage) -> None:
    control(stage.sandbox, "switches", {"processing_seconds": 30})
    row = add_media(BytesIO(padded()), name="round.mp4")
    post = stage.post(*NETWORKS, text="The 18th from above", media_ids=[row.pk])

    stage.turn()
    early = dict(Target.objects.filter(post=post).values_list("connection__network", "status"))
    control(stage.sandbox, "clock", {"advance": 31})
    stage.turn(1)

    assert (early["INSTAGRAM"], early["TWITTER"]) == ("WAITING", "WAITING")
    assert set(Target.objects.filter(post=post).values_list("status", flat=True)) == {"PUBLISHED"}
    assert [len(stage.seen(network)) for network in ("facebook", "instagram", "x")] == [1, 1, 1]
    appended = [
        call for call in control(stage.sandbox, "ledger")["calls"] if call["path"].endswith("/append")
    ]
    assert len(appended) == 3


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("action", ["cut_after", "cut_before", "status_after"])
def test_a_films_commit_without_an_answer_makes_no_double(stage: Stage, network: str, action: str) -> None:
    post = stage.post(network, text="The 18th from above", media_ids=[added().pk])
    path = {"FACEBOOK": "/video_reels$", "INSTAGRAM": "media_publish", "TWITTER": "/2/tweets$"}[network]
    stage.fault(action, path, nth=2 if network == "FACEBOOK" else 1)

    stage.turn()
    for _ in range(6):
        stage.turn(1)

    target = stage.target(post)
    live = stage.seen({"FACEBOOK": "facebook", "INSTAGRAM": "instagram", "TWITTER": "x"}[network])
    wanted = "FAILED" if (network, action) == ("TWITTER", "cut_before") else "PUBLISHED"
    assert (target.status, len(live)) == (wanted, 0 if wanted == "FAILED" else 1)


def test_a_film_that_a_network_cannot_read_is_refused_with_words(stage: Stage) -> None:
    post = stage.post("TWITTER", text="The 18th", media_ids=[added().pk])
    body = {"data": {"id": "1", "processing_info": {"state": "failed", "error": {"name": "InvalidMedia"}}}}
    control(
        stage.sandbox,
        "faults",
        [{"action": "error", "method": "GET", "path": "media/upload", "status": 200, "body": body}],
    )

    stage.turn()

    target = stage.target(post)
    assert (target.status, target.problem) == ("FAILED", "MEDIA_INVALID")
    assert target.due_at <= timezone.now()
