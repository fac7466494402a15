"""What each network would refuse, said while writing and before any call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from social.links import LINK_WEIGHT
from social.models import Media, MediaKind, Network
from social.texts import weigh

LONGEST: Final = {Network.FACEBOOK: 63_206, Network.INSTAGRAM: 2_200}
MOST_PICTURES: Final = {Network.FACEBOOK: 10, Network.INSTAGRAM: 10, Network.TWITTER: 4}
# Marks and non-characters that X calls invalid, wherever they stand.
NOT_TAKEN: Final = frozenset("\ufeff\ufffe\uffff")
MOST_HASHTAGS, MOST_MENTIONS = 30, 20
NARROWEST, WIDEST = 0.8, 1.91
TOLERANCE: Final = 0.01
MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a network refuses (`is_refused`), or that staff should know."""

    network: str
    field: str
    message: str
    is_refused: bool = True

    def as_dict(self) -> dict[str, Any]:
        """As interfaces tell it."""
        return {
            "platform": self.network or None,
            "field": self.field,
            "message": self.message,
            "severity": "REFUSED" if self.is_refused else "WARNING",
        }


def problems_of(
    *, network: str, text: str, link: str, media: Sequence[Media], comment: str = ""
) -> list[Problem]:
    """Everything that is wrong with a post on one network."""
    found = [*_text(network, text, link), *_files(network, text, link, media)]
    if network == Network.TWITTER and comment and weigh(comment).left < 0:
        found.append(
            Problem(network, "firstComment", f"The first comment is {-weigh(comment).left} too long for X.")
        )
    return found


def _text(network: str, text: str, link: str) -> Iterable[Problem]:
    if network == Network.TWITTER:
        weight = weigh(text)
        total = weight.total + (1 + LINK_WEIGHT if link and text else LINK_WEIGHT if link else 0)
        if total > 280:  # noqa: PLR2004 - X's own number
            why = f" ({'; '.join(weight.reasons)})" if weight.reasons else ""
            yield Problem(network, "text", f"X counts {total} of 280: {total - 280} too many{why}.")
        found = next((letter for letter in text if letter in NOT_TAKEN), None)
        if found is not None:
            where = text.index(found) + 1
            yield Problem(
                network,
                "text",
                f"X takes no invisible sign U+{ord(found):04X} (at place {where}). Delete it.",
            )
        cashtags = sum(1 for word in text.split() if word.startswith("$") and word[1:].isalpha())
        if cashtags > 1:
            yield Problem(network, "text", "X takes one cashtag ($…) a post at most.")
        return
    # Instagram's unit is unproven: code points and UTF-16 are counted, and the larger counts.
    length = max(len(text), len(text.encode("utf-16-le")) // 2)
    most = LONGEST[Network(network)]
    if length > most:
        yield Problem(
            network, "text", f"{length - most} characters too many: {Network(network).label} takes {most:,}."
        )
    if network == Network.INSTAGRAM:
        if text.count("#") > MOST_HASHTAGS:
            yield Problem(network, "text", f"Instagram takes {MOST_HASHTAGS} hashtags at most.")
        if text.count("@") > MOST_MENTIONS:
            yield Problem(network, "text", f"Instagram takes {MOST_MENTIONS} mentions at most.")
        if link:
            yield Problem(
                network, "link", "Links in Instagram captions cannot be tapped; it is left out.", False
            )


def _files(network: str, text: str, link: str, media: Sequence[Media]) -> Iterable[Problem]:
    pictures = [one for one in media if one.kind == MediaKind.IMAGE]
    videos = [one for one in media if one.kind == MediaKind.VIDEO]
    label = Network(network).label
    if not media and network == Network.INSTAGRAM:
        yield Problem(network, "media", "Instagram needs a picture or a video.")
    if not media and not text.strip() and not link:
        yield Problem(network, "text", "There is nothing to publish yet.")
    if videos and pictures:
        yield Problem(network, "media", f"{label} takes pictures or a video, not both in one post.")
    if len(videos) > 1:
        yield Problem(network, "media", f"{label} takes one video a post.")
    most = MOST_PICTURES[Network(network)]
    if len(pictures) > most:
        yield Problem(network, "media", f"{label} takes {most} pictures; there are {len(pictures)}.")
    if network == Network.INSTAGRAM:
        yield from _ratios(pictures)
    for video in videos:
        yield from _video(network, video)
    if any(not one.alt_text for one in pictures):
        yield Problem(network, "media", "A picture has no description for people who cannot see it.", False)


def _ratios(pictures: Sequence[Media]) -> Iterable[Problem]:
    for picture in pictures:
        ratio = picture.width / picture.height
        if not NARROWEST - TOLERANCE <= ratio <= WIDEST + TOLERANCE:
            yield Problem(
                Network.INSTAGRAM,
                "media",
                f"{picture.name}: Instagram takes 4:5 to 1.91:1; this is {ratio:.2f}:1. Crop it in the library.",
            )
    shapes = {round(picture.width / picture.height, 1) for picture in pictures}
    if len(shapes) > 1:
        yield Problem(
            Network.INSTAGRAM, "media", "Instagram cuts all pictures to the shape of the first.", False
        )


def _video(network: str, video: Media) -> Iterable[Problem]:
    codec = video.details.get("codec")
    takes = ("AVC",) if network == Network.TWITTER else ("AVC", "HEVC")
    words = list(
        VIDEO_RULES[Network(network)](video, (video.duration_ms or 0) / 1000, video.width / video.height)
    )
    if codec not in takes:
        words.append(f"the video is {codec or 'of an unknown kind'}; {Network(network).label} takes H.264.")
    words += _form_of_video(Network(network).label, video.details)
    for word in words:
        yield Problem(network, "media", f"{video.name}: {word}")


def _form_of_video(label: str, details: dict[str, Any]) -> Iterable[str]:
    """What no network takes; what the probe could not tell is let through."""
    if (details.get("audio_codec") or "AAC").split()[0] != "AAC":
        yield f"its sound is {details['audio_codec']}; {label} takes AAC."
    if details.get("chroma") not in (None, "", "4:2:0"):
        yield f"its colours are kept as {details['chroma']}; {label} takes 4:2:0."
    if details.get("scan") not in (None, "", "Progressive"):
        yield f"its pictures are interlaced; {label} takes progressive ones."


def _x_video(video: Media, seconds: float, ratio: float) -> Iterable[str]:
    if not 0.5 <= seconds <= 140:  # noqa: PLR2004 - X's own bounds
        yield f"X takes 0.5 to 140 seconds; this is {seconds:.0f}."
    if not 1 / 3 <= ratio <= 3 or min(video.width, video.height) < 32:  # noqa: PLR2004 - as above
        yield "X takes 1:3 to 3:1, from 32 × 32."
    if (video.details.get("frame_rate") or 0) > 61:  # noqa: PLR2004 - as above
        yield f"X takes 60 frames a second at most; this has {video.details['frame_rate']:.0f}."


def _instagram_video(video: Media, seconds: float, ratio: float) -> Iterable[str]:
    details = video.details
    if not 3 <= seconds <= 900:  # noqa: PLR2004 - Instagram's own bounds
        yield f"Instagram takes 3 seconds to 15 minutes; this is {seconds:.0f} seconds."
    if video.size > 300 * MEBIBYTE or video.width > 1920:  # noqa: PLR2004 - as above
        yield "Instagram takes 300 MB and a width of 1920 at most."
    if (details.get("bit_rate") or 0) > 25_000_000:  # noqa: PLR2004 - as above
        yield "Instagram takes 25 megabits a second at most."
    if details.get("has_edit_list") or not details.get("is_moov_first", True):
        yield "Instagram wants it saved for the web (“fast start”, no edit list). Export it again."
    if details.get("frame_rate") and not 22 <= details["frame_rate"] <= 61:  # noqa: PLR2004 - as above
        yield f"Instagram takes 23 to 60 frames a second; this has {details['frame_rate']:.0f}."


def _facebook_video(video: Media, seconds: float, ratio: float) -> Iterable[str]:
    if not 3 <= seconds <= 90:  # noqa: PLR2004 - Facebook's own bounds for reels
        yield f"Facebook takes videos as reels of 3 to 90 seconds; this is {seconds:.0f}."
    if abs(ratio - 9 / 16) > 0.02 or video.width < 540:  # noqa: PLR2004 - as above
        yield "Facebook takes reels upright, 9:16, from 540 × 960."
    if video.details.get("frame_rate") and not 23 <= video.details["frame_rate"] <= 61:  # noqa: PLR2004 - as above
        yield f"Facebook takes 24 to 60 frames a second; this has {video.details['frame_rate']:.0f}."


VIDEO_RULES: Final = {
    Network.FACEBOOK: _facebook_video,
    Network.INSTAGRAM: _instagram_video,
    Network.TWITTER: _x_video,
}
