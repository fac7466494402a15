"""What a test is called is the same in each process of a run."""

import gzip

import pytest


@pytest.mark.parametrize(("content", "words"), [(gzip.compress(b"x"), "packed"), (b"x", "plain")])
def test_bytes_do_not_name_a_test(request: pytest.FixtureRequest, content: bytes, words: str) -> None:
    assert request.node.name.endswith(f"[content-{words}]"), len(content)
