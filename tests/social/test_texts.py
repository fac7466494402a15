"""What X counts, and what each network would refuse."""

import time

import pytest

from social.checking import problems_of
from social.links import links
from social.models import Media
from social.texts import weigh


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("Hello golfers", 13),
        ("é", 1),
        ("e\u0301", 1),  # composed before it is counted
        ("日本", 4),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🇿🇦🇬🇧", 4),
        ("1️⃣", 2),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("http://example.com", 23),
        ("https://example.com/a/very/long/path/that/goes/on?and=on#more", 23),
        ("golf.club", 23),
        ("See golf.club.", 28),
        ("green.golf/booking now", 27),
        ("info@golf.club", 14),
        ("@golf.club", 10),
        ("fairview.co.za", 23),
        ("it.is", 23),
        ("end.In", 23),
        ("it.is/here", 23),
        ("youtu.be/x", 23),
        ("(golf.club)", 25),
        ("end.Of a sentence", 17),
        ("v1.2.3", 6),
        ("http://", 7),
        ("a" * 280, 280),
        # Links, by where they stand and what they are made of.
        ("CAFÉ.com", 23),
        ("See http://☂.golf/ now", 4 + 23 + 4),
        ("http://ryder_cup.golf", 21),
        ("http://ryder_cup.fairview.golf", 23),
        ("http://-fairview.golf", 21),
        ("http://fairview-.golf", 21),
        ("http://_fairview.club.golf", 26),
        ("http://fairview.g_o_l_f", 23),
        ("http://fairview", 15),
        ("http://fairview.x", 17),
        ("https://fair-view.golf-and-more", 31),
        ("$fairview.golf $http://fairview.golf", 36),
        ("#fairview.golf @https://fairview.golf", 37),
        ("desk.golf@fairview.com", 22),
        ("scores.tar.bz2", 14),
        ("Fairview.golfer", 15),
        ("fairview.jp", 23),
        ("fairview.jp/cup", 23),
        ("fairview.co.jp", 23),
        ("live.tv t.co", 47),
        ("http://t.co/aB1's", 25),
        ("http://t.co/aB1-", 24),
        ("http://fairview.golf/a-", 23),
        ("http://fairview.golf/a+", 23),
        ("http://fairview.golf/cup.", 24),
        ("http://fairview.golf/cup,,,,,,", 29),
        ("http://fairview.golf/cup!!!", 26),
        ("http://fairview.golf/a_(b)", 23),
        ("(http://fairview.golf/a)", 25),
        ("http://fairview.golf?a=1#b", 23),
        ("http://fairview.golf:8080/a", 23),
        ("http://fairview.golf/Гольф", 23),
        ("http:// fairview.golf/a", 8 + 23),
        ("HTTPS://FairView.GOLF/Index", 23),
        ("http://fairview.みんな/", 23),
        ("http://xn--ls8h.la/", 23),
        ("ゴルフfairview.golfゴルフ", 23 + 12),
        ("ゴルフfairview.golf/aゴルフ", 23 + 12),
        ("fairview.golf\nryder.golf", 47),
        ("ftp://fairview.golf", 19),
        ("http://a." + "b" * 70 + ".golf", 9 + 70 + 5),
        # Letters.
        ("A\u0301B", 2),
        ("\ufb2c", 3),
        ("\u2000\u200a\u2010\u201f\u2032\u2037", 6),
        ("\u200e\u202a\u2066", 6),
        ("“Fore!”", 7),
        ("故人西辞", 8),
        ("𝐁", 2),
        # Emoji.
        ("H🐱☺", 5),
        ("😷👾😡🔥💩", 10),
        ("🙋🏽👨\u200d🎤", 4),
        ("👨👩👧👦", 8),
        ("👩\u200d❤️\u200d💋\u200d👨", 2),
        ("☺️", 2),
        ("🇿", 2),
        ("*️⃣#️⃣", 4),
        ("🧑🏿\u200d🦰", 2),
        ("👍\u200d", 3),
        ("http://fairview.golf 👍", 26),
        ("ryder_cup.golf", 14),
        # Composed first: what NFC joins counts once, what it takes apart counts as its parts.
        ("e\u0301" * 10, 10),
        ("\u1112\u1161\u11ab", 2),
        ("\u0958", 2),
        # One emoji, however many code points it is written with.
        ("👩\u200d❤️\u200d💋\u200d👩", 2),
        ("🏳️\u200d🌈", 2),
        ("🏴\u200d☠️", 2),
        ("👁️\u200d🗨️", 2),
        ("👨🏻\u200d🤝\u200d👨🏿", 2),
        ("🫱🏼\u200d🫲🏿", 2),
        ("🧑\u200d🌾👩🏽\u200d🚀", 4),
        ("👍🏽👍🏿", 4),
        ("🇿🇦🇿", 4),
        ("⛳⛳️", 4),
        ("3\u20e3", 2),
        ("©©️", 3),
        ("™❤☺", 6),
        # Light and heavy signs.
        ("“x” – y’s", 9),
        ("…€", 4),
        ("漢字กข", 6),
        ("\u200b\u200d\u200e", 4),
        ("ﬁ", 2),
        # Links in other scripts, and where they end.
        ("http://пример.рф", 23),
        ("https://例え.jp", 23),
        ("http://例え.中国/a", 23),
        ("http://उदाहरण.भारत", 23),
        ("пример.рф", 9),
        ("http://xn--e1afmkfd.xn--p1ai/x", 23),
        ("HTTPS://GOLF.CLUB", 23),
        ("http://golf.club：now", 23 + 2 + 3),
        ("http://golf.club中文", 23 + 4),
        ("golf.club…", 25),
        ("golf.club’s", 25),
        ("golf.club/ä", 23),
        ("http://user:pw@golf.club/", 25),
        ("tee_1.fairview.golf", 4 + 23),
        ("http://fairview.golf/" + "a" * 4_000, 23),
        # Bare ones are of Latin letters, whatever stands around them, and a query needs a path.
        ("Off.Course", 10),
        ("Switch it.Off", 7 + 23),
        ("club.ing", 23),
        ("fairview.みんな", 23),
        ("café.中国/a", 23),
        ("“fairview.golf/a”", 25),
        ("'fairview.golf'", 25),
        ("fairview.golf?a=b", 23 + 4),
        ("fairview.golf/?a=b", 23),
        ("fairview.golf:80", 23 + 3),
        ("fairview.golf:80/a", 23),
        ("fairview.golfゴルフryder.golf", 46 + 6),
        ("fairview.golf…ryder.golf/a", 46 + 2),
        ("ゴルフ。fairview.golf", 8 + 23),
        ("ゴ" * 70 + "。fairview.golf", 142 + 13),  # the DNS knows no such name
        ("www.☂.fairview.golf", 7 + 23),
        ("fairview.golf-", 14),
        ("http://fairview.golf-", 21),
        ("-fairview.golf", 14),
        ("_fairview.golf", 14),
        ("/fairview.golf", 14),
        ("x.fairview.golf.", 24),
        ("fairview.golf/a(b", 23 + 2),
        ("fairview.golf/a(b(c)d)", 23),
        ("fairview.golf/a(b(c(d)))", 23 + 9),
        ("fairview.golf/a–b", 23),
        ("fairview.golf/а.б", 23),
        ("http://t.co/" + "a" * 40, 23),
        ("http://t.co/" + "a" * 41, 53),
        ("https://t.co/aB1?x=1.", 24),
        ("xn--fairview.golf", 23),
        ("élan.golf", 24),  # a letter that is none of English may stand before a link
        ("My élan.golf", 3 + 23),
        # Colours of skin are for people and hands, flags and signs have none.
        ("👍🏽⛳🏽", 2 + 4),
        ("→️", 4),
        ("🧑🏽‍🦽‍➡️", 2),
        ("⚧️", 2),
        ("http://fairview.golf/" + "a" * 4_090, 4_111),
    ],
)
def test_the_length_is_the_one_that_x_counts(text: str, weight: int) -> None:
    assert weigh(text).total == weight


def test_a_surprise_is_explained() -> None:
    assert weigh("Book at golf.club 👍").reasons == (
        "golf.club is a link: 23",
        "1 sign of emoji or of other scripts count double",
    )


@pytest.mark.parametrize(
    "text",
    [
        "a." * 12_500, "http://" * 3_500, "." * 25_000, "a" * 25_000, "👨‍" * 8_000, "golf.club/(" * 2_200,
        "golf.club/" + "." * 24_000, "-a.com" * 4_000, "com." * 6_250, "é.com." * 4_000, "http://a.com/(" * 1_700,
        "http://" + "é." * 12_000, "xn--a." * 4_000, "e" + "\u0301" * 24_999, "🏴" + "\U000e0067" * 24_000,
        "1\ufe0f" * 12_500, "中.com/ " * 4_000, "a.com:" * 4_000, "a.com/((x)" * 2_500, "http://é.com/(" * 1_700,
        "中a.com_." * 3_000, "a.com?" * 4_000, "_" * 25_000, "golf.club/(a(b)" * 1_600,
    ],
)  # fmt: skip
def test_hostile_texts_take_linear_time(text: str) -> None:
    start = time.process_time()

    weigh(text)

    assert time.process_time() - start < 5  # fifty milliseconds on a quiet machine; quadratic took minutes


def test_links_are_found_where_they_stand() -> None:
    (one, two) = links("See https://golf.club/a, or fairview.com!")

    assert (one.text, two.text) == ("https://golf.club/a", "fairview.com")


def picture(width: int = 1080, height: int = 1080) -> Media:
    return Media(kind="IMAGE", name="p.jpg", width=width, height=height, alt_text="x", size=1)


def refusals(network: str, text: str = "x", media: list[Media] | None = None, link: str = "") -> list[str]:
    found = problems_of(network=network, text=text, link=link, media=media or [])
    return [one.message for one in found if one.is_refused]


def test_each_network_refuses_what_it_would_refuse() -> None:
    assert refusals("INSTAGRAM") == ["Instagram needs a picture or a video."]
    assert refusals("INSTAGRAM", media=[picture()] * 11) == ["Instagram takes 10 pictures; there are 11."]
    assert refusals("INSTAGRAM", media=[picture(1000, 2000)]) == [
        "p.jpg: Instagram takes 4:5 to 1.91:1; this is 0.50:1. Crop it in the library."
    ]
    assert refusals("TWITTER", media=[picture()] * 5) == ["X takes 4 pictures; there are 5."]
    assert refusals("TWITTER", text="x" * 281) == ["X counts 281 of 280: 1 too many."]
    assert refusals("TWITTER", text="x" * 260, link="https://club.example") == [
        "X counts 284 of 280: 4 too many."
    ]
    assert refusals("TWITTER", text="$ABC $DEF") == ["X takes one cashtag ($…) a post at most."]
    assert refusals("FACEBOOK", text="") == ["There is nothing to publish yet."]
    assert refusals("FACEBOOK", text="x" * 280, media=[picture()]) == []


@pytest.mark.parametrize("sign", ["\ufeff", "\ufffe", "\uffff"])
def test_signs_that_x_calls_invalid_are_refused_with_their_place(sign: str) -> None:
    assert refusals("TWITTER", text=f"Open{sign} at 9") == [
        f"X takes no invisible sign U+{ord(sign):04X} (at place 5). Delete it."
    ]
    assert refusals("FACEBOOK", text=f"Open{sign} at 9") == []
