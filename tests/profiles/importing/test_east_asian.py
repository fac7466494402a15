"""Files of Japanese, Korean and Chinese programs say nothing of their encoding, and share their bytes."""

import pytest

from profiles.exchange.importing.encodings import CANDIDATES, NAMES, SeveralFit, decoded
from profiles.exchange.importing.tables import UnreadableFile, read_table

JAPANESE = (
    "会員番号,氏名,フリガナ,電話番号,メールアドレス,生年月日,住所",
    "1001,佐藤 健太,サトウ ケンタ,090-1234-5678,kenta@x.example,1980/05/17,東京都渋谷区神南1-2",
    "1002,小野寺 遥,オノデラ ハルカ,,haruka@x.example,1990/01/02,大阪府吹田市千里山3",
    "1003,渡邉 隼人,ワタナベ ハヤト,03-1234-5678,,,横浜市港北区",
)
KANJI_ALONE = ("氏名,電話", "佐藤健太,09012345678", "勝又遼,09012345679", "山本五郎,09012345670")
KOREAN = (
    "이름,전화번호,이메일,생년월일,주소",
    "김민수,010-1234-5678,minsu@x.example,1980-05-17,서울특별시 강남구 테헤란로 12",
    "독고탁,010-2222-3333,tak@x.example,1990-01-02,부산광역시 해운대구",
    "황보슬기,,seul@x.example,,제주특별자치도",
)
TRADITIONAL = (
    "姓名,電話,電子郵件,生日,地址",
    "陳怡君,0912-345-678,chen@x.example,1980-05-17,台北市信義區松高路11號",
    "歐陽靖,0912-345-679,ou@x.example,1990-01-02,高雄市左營區",
    "范瑋琪,,fan@x.example,,新竹縣竹北市",
)
SIMPLIFIED = (
    "姓名,手机,邮箱,出生日期,地址",
    "王小明,13812345678,wang@x.example,1980-05-17,北京市朝阳区建国路8号",
    "欧阳鑫,13812345679,ou@x.example,1990-01-02,上海市浦东新区",
    "翟煜,,zhai@x.example,,深圳市",
)


@pytest.mark.parametrize(
    ("encoding", "lines"),
    [
        ("cp932", JAPANESE),
        ("shift_jis", KANJI_ALONE),
        ("euc_jp", JAPANESE),
        ("euc_jp", KANJI_ALONE),
        ("cp949", KOREAN),
        ("euc_kr", KOREAN[:3]),
        ("big5", TRADITIONAL[:3]),
        ("cp950", TRADITIONAL),
        ("gb2312", SIMPLIFIED),
        ("gb18030", SIMPLIFIED),
    ],
)
@pytest.mark.parametrize("most", [2, 3, 4])
def test_a_file_without_a_word_is_read_in_its_language(
    encoding: str, lines: tuple[str, ...], most: int
) -> None:
    text = "\n".join(lines[:most]) + "\n"

    table = read_table(text.encode(encoding))

    assert [cells for _, cells in table.rows] == [line.split(",") for line in lines[1:most]]


@pytest.mark.parametrize("encoding", ["gb18030", "cp950", "cp949", "euc_jp"])
def test_one_word_that_several_have_is_asked_about(encoding: str) -> None:
    content = b"name;email\n\xb7\xbe\xbb\xf6;x@x.example\n"

    with pytest.raises(SeveralFit) as raised:
        decoded(content)
    with pytest.raises(UnreadableFile, match=r"may be .* or .*: choose its encoding"):
        read_table(content)

    assert encoding in raised.value.encodings
    assert read_table(content, encoding=encoding).rows[0][1][0] == b"\xb7\xbe\xbb\xf6".decode(encoding)


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "cp1251", "koi8-r", "cp866", "mac_roman"])
def test_other_languages_are_none_of_these(encoding: str) -> None:
    names = {
        "cp1250": ["Łukasz Żółć", "Dvořák", "Horáček"],
        "cp1252": ["Jörg Müßig", "Zoë", "Françoise", "Señor Núñez"],
        "mac_roman": ["Jörg Müller", "Éloïse", "Åse"],
    }.get(encoding, ["Иван Петров", "Ольга Щукина", "Сидорова"])
    text = "name;email\n" + "".join(f"{name};a@x.example\n" for name in names)

    assert decoded(text.encode(encoding))[0] == text


def test_a_long_file_may_be_cut_in_the_middle_of_a_sign() -> None:
    text = "姓名;x\n" + "王;" + "小明" * 60_000 + "\n"

    for shift in ("", "a"):
        assert decoded((shift + text).encode("gb18030")) == (shift + text, "gb18030")


def test_every_encoding_that_is_found_can_be_chosen() -> None:
    assert {"gb18030", "cp950", "cp932", "euc_jp", "cp949", *CANDIDATES} <= set(NAMES)
