"""Small real films for tests: grey H.264 pictures (baseline, every one of them decodable) and silence, in an MP4.

Made by the standards' own rules (ITU-T H.264 for the pictures, ISO/IEC 14496-12 for the boxes), so that a player plays
them and a probe finds what was asked for.
"""

import struct
from dataclasses import dataclass

MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
SILENCE = bytes([0x00, 0xC8, 0x00, 0x80, 0x23, 0x80])
SCALE = 90_000


class _Bits:
    """A string of bits as H.264 writes them."""

    def __init__(self) -> None:
        self.text: list[str] = []

    def put(self, value: int, width: int) -> "_Bits":
        self.text.append(f"{value:0{width}b}" if width else "")
        return self

    def ue(self, *values: int) -> "_Bits":
        for value in values:
            code = f"{value + 1:b}"
            self.text.append("0" * (len(code) - 1) + code)
        return self

    def end(self) -> bytes:
        bits = "".join(self.text) + "1"
        bits += "0" * (-len(bits) % 8)
        raw = int(bits, 2).to_bytes(len(bits) // 8, "big")
        out, zeros = bytearray(), 0
        for byte in raw:
            if zeros == 2 and byte <= 3:
                out.append(3)
                zeros = 0
            out.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return bytes(out)


@dataclass(frozen=True)
class Film:
    """What a film is to be; `damage` turns its boxes into something that plays nowhere."""

    width: int = 540
    height: int = 960
    seconds: float = 4.0
    frames_a_second: int = 25
    is_moov_first: bool = True
    has_edit_list: bool = False
    has_sound: bool = True
    brand: bytes = b"isom"

    @property
    def count(self) -> int:
        """How many pictures."""
        return max(1, round(self.seconds * self.frames_a_second))


def film(**wish: object) -> bytes:
    """The bytes of a film."""
    it = Film(**wish)  # type: ignore[arg-type]
    pictures = [_first(it), *(_same(it, number) for number in range(1, it.count))]
    samples = [struct.pack(">I", len(one)) + one for one in pictures]
    sounds = [SILENCE] * max(1, round(it.seconds * 44_100 / 1024)) if it.has_sound else []
    head = _box(b"ftyp", it.brand + bytes(4) + (b"qt  " if it.brand == b"qt  " else b"isomavc1mp42"))
    data = _box(b"mdat", b"".join(samples) + b"".join(sounds))
    size = len(_moov(it, samples, sounds, 0))
    start = len(head) + 8 + (size if it.is_moov_first else 0)
    moov = _moov(it, samples, sounds, start)
    return head + (moov + data if it.is_moov_first else data + moov)


# --- Pictures ---------------------------------------------------------------------------------------------------------


def _blocks(it: Film) -> tuple[int, int]:
    return -(-it.width // 16), -(-it.height // 16)


def _sps(it: Film) -> bytes:
    across, down = _blocks(it)
    bits = _Bits().put(66, 8).put(0xC0, 8).put(31, 8).ue(0, 0, 2, 1).put(0, 1).ue(across - 1, down - 1)
    bits.put(1, 1).put(1, 1)
    right, below = (across * 16 - it.width) // 2, (down * 16 - it.height) // 2
    if right or below:
        bits.put(1, 1).ue(0, right, 0, below)
    else:
        bits.put(0, 1)
    return b"\x67" + bits.put(0, 1).end()


def _pps() -> bytes:
    bits = _Bits().ue(0, 0).put(0, 2).ue(0, 0, 0).put(0, 3).ue(0, 0, 0).put(0b100, 3)
    return b"\x68" + bits.end()


def _first(it: Film) -> bytes:
    """A grey picture: every block predicted from nothing, with nothing to add."""
    across, down = _blocks(it)
    bits = _Bits().ue(0, 7, 0).put(0, 4).ue(0).put(0, 2).ue(0, 1)
    for _ in range(across * down):
        bits.ue(3, 0, 0).put(1, 1)
    return b"\x65" + bits.end()


def _same(it: Film, number: int) -> bytes:
    """The picture before once more."""
    across, down = _blocks(it)
    bits = _Bits().ue(0, 5, 0).put(number % 16, 4).put(0, 3).ue(0, 1, across * down)
    return b"\x41" + bits.end()


# --- Boxes ------------------------------------------------------------------------------------------------------------


def _box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, name) + content


def _full(name: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(name, struct.pack(">I", flags), *parts)


def _moov(it: Film, samples: list[bytes], sounds: list[bytes], start: int) -> bytes:
    length = it.count * SCALE // it.frames_a_second
    header = _full(b"mvhd", struct.pack(">5I", 0, 0, SCALE, length, 0x10000), struct.pack(">H10x", 0x100), MATRIX,
                   bytes(24), struct.pack(">I", 3))  # fmt: skip
    edits = (
        _box(b"edts", _full(b"elst", struct.pack(">IIiI", 1, length, 0, 0x10000)))
        if it.has_edit_list
        else b""
    )
    each = SCALE // it.frames_a_second
    seen = _track(
        it,
        1,
        length,
        entry=_video_entry(it),
        samples=samples,
        start=start,
        edits=edits,
        each=each,
        scale=SCALE,
    )
    if not sounds:
        return _box(b"moov", header, seen)
    after = start + sum(map(len, samples))
    heard = _track(
        it, 2, length, entry=_sound_entry(), samples=sounds, start=after, edits=b"", each=1024, scale=44_100
    )
    return _box(b"moov", header, seen, heard)


def _track(
    it: Film,
    number: int,
    length: int,
    *,
    entry: bytes,
    samples: list[bytes],
    start: int,
    edits: bytes,
    each: int,
    scale: int,
) -> bytes:
    is_video = number == 1
    size = (it.width << 16, it.height << 16) if is_video else (0, 0)
    header = _full(b"tkhd", struct.pack(">5I", 0, 0, number, 0, length), bytes(8),
                   struct.pack(">HHHH", 0, 0, 0 if is_video else 0x100, 0), MATRIX, struct.pack(">II", *size),
                   flags=3)  # fmt: skip
    media = _full(b"mdhd", struct.pack(">4IHH", 0, 0, scale, each * len(samples), 0x55C4, 0))
    kind = _full(b"hdlr", bytes(4), b"vide" if is_video else b"soun", bytes(12), b"\0")
    how = _full(b"vmhd", bytes(8), flags=1) if is_video else _full(b"smhd", bytes(4))
    where = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    table = _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), entry),
        _full(b"stts", struct.pack(">III", 1, len(samples), each)),
        _full(b"stss", struct.pack(">II", 1, 1)) if is_video else b"",
        _full(b"stsc", struct.pack(">IIII", 1, 1, len(samples), 1)),
        _full(
            b"stsz", struct.pack(">II", 0, len(samples)), *(struct.pack(">I", len(one)) for one in samples)
        ),
        _full(b"stco", struct.pack(">II", 1, start)),
    )
    return _box(b"trak", header, edits, _box(b"mdia", media, kind, _box(b"minf", how, where, table)))


def _video_entry(it: Film) -> bytes:
    sps, pps = _sps(it), _pps()
    config = b"\x01" + sps[1:4] + b"\xff\xe1" + struct.pack(">H", len(sps)) + sps
    config += b"\x01" + struct.pack(">H", len(pps)) + pps
    fields = struct.pack(">6xH16xHHIIIH32xHh", 1, it.width, it.height, 0x480000, 0x480000, 0, 1, 24, -1)
    return _box(b"avc1", fields, _box(b"avcC", config))


def _sound_entry() -> bytes:
    specific = b"\x05\x02" + bytes([0x12, 0x08])
    config = (
        b"\x04" + bytes([13 + len(specific)]) + b"\x40\x15" + bytes(3) + struct.pack(">II", 64_000, 64_000)
    )
    descriptor = struct.pack(">HB", 1, 0) + config + specific + b"\x06\x01\x02"
    esds = _full(b"esds", b"\x03" + bytes([len(descriptor)]) + descriptor)
    return _box(b"mp4a", struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, 44_100 << 16), esds)
