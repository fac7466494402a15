"""Chinese, Japanese or Korean: which of their encodings a text is in, whose bytes are the same for all. Pure.

Each encoding has its usual characters in one part of its table, and each language has signs that stand in every list of
people: family names, what columns are called. Read wrongly, a text has neither.
"""

import codecs
from collections.abc import Mapping
from typing import Final, NamedTuple

# Whose score is this close to the best is as likely.
CLOSE: Final = 0.5
USUAL, SELDOM, STRANGE = 1.0, -0.7, -2.0
# How much more the signs of every list count than the part of the table.
WEIGHT_OF_FREQUENT: Final = 2.0
BYTES_OF_A_SIGN: Final = 2
KANA: Final = range(0x3041, 0x3100)
HALF_WIDTH_KANA: Final = range(0xFF61, 0xFFA0)
SIMPLIFIED: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖"
    "贾夏韦方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉红文建国志海婷雪飞鹏"
    "波辉宇浩小大子晓春梅兰云俊鑫欣佳琳玲燕峰斌姓名手机邮箱电话地址生日出期性别男女会员号码编备注证级状态类型北京上海广州深圳市区省路街"
)
TRADITIONAL: Final = frozenset(
    "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴周徐蘇葉莊呂江何羅高蕭潘朱簡鍾游詹沈彭胡余盧顏柯梁孫翁魏戴范方宋鄧杜侯溫薛丁卓馬董唐石藍"
    "蔣古曹姚阮傅巫趙田湯白康池施紀歐鐘塗連雅婷怡君志明淑芬美惠俊傑家豪宗翰冠宇佳玲秀英文雄建宏麗華玉珍小大子偉芳敏靜強國慧欣姓名電話手機郵"
    "件信箱地址生日出期性別男女會員編號碼備註級狀態類型台臺北中南高雄香港市區縣路街巷弄樓"
)
JAPANESE: Final = frozenset(
    "佐藤鈴木高橋田中伊渡辺山本村小林加吉井上松清水斎斉口森池阿部石川前原島岡後坂青谷太郎子美一二三男女名前氏姓電話番号携帯住所生年月日誕"
    "会員性別東京都大阪府市区県町郵便和野内藤長近平久保恵健真由香裕幸介雄明浩正直弘隆誠博洋秀智"
)
KOREAN: Final = frozenset(
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민지수현영은경진준호연희미숙자순옥상재동태혜선원인용철명기"
    "일대시군로길번화메름생년월소회휴폰핸드울부산광역구도여남별등급입가비주이메일전화연락처아나다라서윤예채율빈훈석규환섭란애"
)


class _Table(NamedTuple):
    """Where the usual characters of an encoding stand, by their two bytes; and what stands in every list."""

    firsts: range
    seconds: range
    frequent: frozenset[str]

    def usual(self, signs: bytes) -> float:
        """How usual the character of these bytes is."""
        if len(signs) != BYTES_OF_A_SIGN:
            return STRANGE
        return USUAL if signs[0] in self.firsts and signs[1] in self.seconds else SELDOM


HIGH: Final = range(0xA1, 0xFF)
ANY: Final = range(0x40, 0xFF)
TABLES: Final[Mapping[str, _Table]] = {
    "gb18030": _Table(range(0xB0, 0xD8), HIGH, SIMPLIFIED),
    "cp950": _Table(range(0xA4, 0xC7), ANY, TRADITIONAL),
    "cp932": _Table(range(0x88, 0x99), ANY, JAPANESE),
    "euc_jp": _Table(range(0xB0, 0xD0), HIGH, JAPANESE),
    "cp949": _Table(range(0xB0, 0xC9), HIGH, KOREAN),
}


def likely(content: bytes, *, looked_at: int) -> list[str]:
    """Those of the encodings in which the bytes are most likely; one where they can be told apart, none of no text."""
    scores: dict[str, float] = {}
    for encoding, table in TABLES.items():
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        text = beginning(content, encoding, looked_at)
        scores[encoding] = _score(text, encoding, table)
    best = max(scores.values(), default=0.0)
    return sorted((one for one in scores if scores[one] > best - CLOSE), key=lambda one: -scores[one])


def beginning(content: bytes, encoding: str, looked_at: int) -> str:
    """The first bytes as text, without half a character at their end; raises UnicodeDecodeError."""
    return codecs.getincrementaldecoder(encoding)().decode(content[:looked_at])


def _score(text: str, encoding: str, table: _Table) -> float:
    """On average over all characters but those of ASCII."""
    total = 0.0
    count = 0
    for char in text:
        if char.isascii():
            continue
        count += 1
        total += _usual(char, encoding, table) + WEIGHT_OF_FREQUENT * (char in table.frequent)
    return total / count if count else 0.0


def _usual(char: str, encoding: str, table: _Table) -> float:
    if ord(char) in HALF_WIDTH_KANA:
        # Old programs write readings in it; wrongly read bytes are full of it.
        return SELDOM
    if ord(char) in KANA:
        return USUAL + WEIGHT_OF_FREQUENT if table.frequent is JAPANESE else STRANGE
    if not char.isalpha():
        return 0.0
    return table.usual(char.encode(encoding))
