"""Decoding a body within limits, as aiohttp 3.9.5 decodes (each row measured on it)."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_mock.core.encoding import BadEncoding, BodyReader, TooLarge, deflated

TEXT = b'{"events": []}'
PACKED = gzip.compress(TEXT, mtime=0)
BARE = zlib.compress(TEXT)[2:-4]


def read(encoding: str, *pieces: bytes, max_bytes: int = 1000) -> bytes:
    reader = BodyReader(encoding, max_bytes=max_bytes)
    for piece in pieces:
        reader.feed(piece)
    return reader.finish()


@pytest.mark.parametrize(
    ("encoding", "raw", "body"),
    [
        ("", TEXT, TEXT),
        ("identity", TEXT, TEXT),
        ("zstd", TEXT, TEXT),
        ("gzip", PACKED, TEXT),
        (" GZIP ", PACKED, TEXT),
        ("deflate", zlib.compress(TEXT), TEXT),
        ("deflate", BARE, TEXT),
        ("gzip", PACKED[:-5], TEXT),
        ("gzip", PACKED[:8], b""),
        ("gzip", PACKED + b"xx", TEXT),
        ("gzip", PACKED + PACKED, TEXT),
        ("gzip", b"", b""),
        ("deflate", b"", b""),
        ("x-gzip", PACKED, PACKED),
        ("gzip, deflate", PACKED, PACKED),
    ],
)
def test_bodies_are_decoded_as_aiohttp_decodes_them(encoding, raw, body):
    assert read(encoding, raw) == body
    assert read(encoding, *(raw[i : i + 1] for i in range(len(raw)))) == body


@pytest.mark.parametrize(
    ("encoding", "raw", "words"),
    [
        ("gzip", TEXT, "incorrect header check"),
        ("deflate", PACKED, "invalid"),
        ("deflate", zlib.compress(TEXT)[:-3], "breaks off"),
        ("deflate", b"\xff\xff\xff", "invalid block type"),
        ("br", b"", "did not ask for br"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(encoding, raw, words):
    with pytest.raises(BadEncoding, match=words):
        read(encoding, raw)


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_the_limit_holds_for_what_comes_out(encoding):
    body = bytes(2000)
    raw = {"": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}
    assert read(encoding, raw[encoding], max_bytes=2000) == body
    with pytest.raises(TooLarge):
        read(encoding, raw[encoding], max_bytes=1999)


def test_the_limit_holds_for_what_goes_in():
    nothing = gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 1000
    with pytest.raises(TooLarge):
        read("gzip", nothing, max_bytes=1999)


def test_what_came_before_the_limit_is_kept():
    reader = BodyReader("", max_bytes=4)
    with pytest.raises(TooLarge):
        reader.feed(b"abcdef")
    assert reader.so_far(at_most=3) == b"abc"


@given(st.binary(max_size=5000))
def test_what_is_deflated_is_inflated(body):
    assert read("deflate", *deflated(body), max_bytes=5000) == body


def test_a_short_body_is_deflated_into_the_header_and_the_rest():
    first, rest = deflated(TEXT)
    assert (first, zlib.decompress(first + rest)) == (b"\x78\x9c", TEXT)


def test_a_long_body_is_deflated_into_two_pieces_as_well():
    body = b" ".join(str(i * 7919 % 10007).encode() for i in range(30000))
    pieces = deflated(body)
    assert [len(pieces), len(pieces[0]) > 2] == [2, True]
    assert zlib.decompress(b"".join(pieces)) == body
