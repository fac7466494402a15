"""How much of a body is read, and from whom."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from crm_platform.web.bodies import FILM_BYTES, KNOWN_BYTES, TOO_LARGE, Body, Refusal, read_body
from tenants.declarations import every

PIECE = 1024 * 1024


def read(
    pieces: int, *, most: int = KNOWN_BYTES, is_known: bool = True, announced: str | None = None
) -> Body:
    async def sent() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield b"a" * PIECE

    async def known() -> bool:
        return is_known

    return asyncio.run(read_body(sent(), announced, known, most=most))


def test_a_film_is_taken_where_people_send_films() -> None:
    body = read(45, most=FILM_BYTES, announced=str(45 * PIECE))

    assert body.size == 45 * PIECE
    assert body.file.read(3) == b"aaa"
    body.file.close()


@pytest.mark.parametrize("announced", [str(45 * PIECE), None])
def test_elsewhere_the_largest_import_is_the_limit(announced: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        read(45, announced=announced)

    assert refused.value == TOO_LARGE


def test_nobody_unknown_sends_a_film() -> None:
    with pytest.raises(Refusal) as refused:
        read(45, most=FILM_BYTES, is_known=False, announced=str(45 * PIECE))

    assert refused.value.status == 413


def test_films_go_to_the_media_library_by_both_doors() -> None:
    for path in ("/admin/social/media/", "/api/v1/social/media"):
        assert path.startswith(tuple(every("large_uploads")))
