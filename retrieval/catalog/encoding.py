"""Which encoding a feed is in, and its text in lines of bounded length."""

import codecs
import io
from collections.abc import Iterator

from charset_normalizer import from_bytes

SAMPLE_BYTES = 256 * 1024
LINE_LIMIT = 4 * 1024 * 1024
"""Characters. A product is a few thousand; a longer line is one rejected row."""
CHUNK_BYTES = 64 * 1024

UNDECODABLE = "\udcff"
"""Stands for bytes that the encoding does not allow. No valid text holds it."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TRIED = ["utf_8", "gb18030", "cp1252", "latin_1", "big5", "shift_jis", "utf_16_le", "utf_16_be"]


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return UNDECODABLE, error.end


codecs.register_error("shopkeeper-mark", _mark_undecodable)


def detect_encoding(sample: bytes) -> str:
    """The encoding of a feed from its beginning.

    A byte order mark decides; then UTF-8 if at least most lines are; else the best guess of
    charset-normalizer among the encodings that shops use.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    zeros = sample[:4000].count(0)
    if zeros * 4 > len(sample[:4000]):
        return "utf-16-le" if sample[1:2] == b"\x00" else "utf-16-be"
    lines = sample.split(b"\n")[:-1] or [sample]
    telling = [line for line in lines if not line.isascii()]
    broken = sum(1 for line in telling if not _is_utf8(line))
    if broken * 4 <= len(telling):
        return "utf-8"
    best = from_bytes(b"\n".join(telling[:400]), cp_isolation=_TRIED).best()
    name = codecs.lookup(best.encoding).name if best else "cp1252"
    return {"iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}.get(name, name)


def lines(
    stream: io.BufferedIOBase, encoding: str, limit: int = LINE_LIMIT
) -> Iterator[str | None]:
    """Lines of ``stream`` with their line ends; ``None`` for one of over ``limit`` characters.

    At most ``limit`` characters and one chunk are held. Bytes that cannot be decoded become
    ``UNDECODABLE``.
    """
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder(encoding)("shopkeeper-mark"), translate=True
    )
    pieces: list[str] = []
    held = 0
    too_long = False
    # read1 hands out what there is, and only then fails for a damaged gzip file.
    while chunk := stream.read1(CHUNK_BYTES):
        for part in _parts(decoder.decode(chunk)):
            pieces.append(part)
            held += len(part)
            if held > limit:
                too_long = True
                pieces.clear()
            if part.endswith("\n"):
                yield None if too_long else "".join(pieces)
                pieces.clear()
                held, too_long = 0, False
    rest = decoder.decode(b"", final=True)
    if rest or pieces or too_long:
        yield None if too_long else "".join([*pieces, rest])


def _parts(text: str) -> Iterator[str]:
    """``text`` cut after each newline; unlike ``splitlines``, at no other character."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start : end + 1]
        start = end + 1
    if start < len(text):
        yield text[start:]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
