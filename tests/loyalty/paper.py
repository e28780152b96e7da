"""What a PDF says, read from its own glyphs: as much of the format as those made here need."""

import re
import zlib

_OBJECT = re.compile(rb"(?<!\d)(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
_LENGTH, _STREAM = re.compile(rb"/Length (\d+)"), re.compile(rb"stream\r?\n")
# What matters of a page's content: a font, the beginning of a string, the end of a run.
_TOKEN = re.compile(rb"/(f\d+) [\d.]+ Tf|(\()|<([0-9A-Fa-f]+)>|\bT[Jj]\b")
_IN_STRING = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_GLYPH = re.compile(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")


def words_of(pdf: bytes) -> str:
    """All that is printed, one page after the other, with every run of white space as one space."""
    objects = {int(found[1]): found[2] for found in _OBJECT.finditer(pdf)}
    fonts = {
        name: _letters(objects, int(number))
        for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", pdf)
    }
    pages = [
        int(found[1])
        for body in objects.values()
        if re.search(rb"/Type\s*/Page\b", body) and (found := re.search(rb"/Contents (\d+)", body))
    ]
    said = [_printed(_content(objects[number]), fonts) for number in pages]
    return " ".join(" ".join(said).split())


def pages_of(pdf: bytes) -> tuple[int, str]:
    """How many there are, and the size of the first in points."""
    sizes = re.findall(rb"/MediaBox\[0 0 ([\d.]+ [\d.]+)\]", pdf)
    return len(sizes), sizes[0].decode()


def _content(body: bytes) -> bytes:
    length, stream = _LENGTH.search(body), _STREAM.search(body)
    assert length
    assert stream
    return zlib.decompress(body[stream.end() : stream.end() + int(length[1])])


def _letters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    number = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    assert number
    return {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in _GLYPH.findall(_content(objects[int(number[1])]))
    }


def _printed(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    said, letters, at = [], {}, 0
    while token := _TOKEN.search(content, at):
        at = token.end()
        font, opens, hexadecimal = token.groups()
        if font:
            letters = fonts[font]
        elif opens:
            end = _end_of_string(content, at)
            said += _read(_unescaped(content[at:end]), letters)
            at = end + 1
        elif hexadecimal:
            said += _read(bytes.fromhex(hexadecimal.decode()), letters)
        else:
            said.append(" ")
    return "".join(said)


def _end_of_string(content: bytes, start: int) -> int:
    """Where the string that begins there is closed: parentheses in pairs need no backslash."""
    depth, at = 1, start
    while depth:
        found = _IN_STRING.search(content, at)
        assert found
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        at = found.end()
    return at - 1


def _read(codes: bytes, letters: dict[int, str]) -> list[str]:
    return [
        letters.get(int.from_bytes(codes[i : i + 2], "big"), "?") for i in range(0, len(codes), 2)
    ]


def _unescaped(text: bytes) -> bytes:
    def plain(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8)]) if code[:1].isdigit() else _PLAIN.get(code, code)

    return _ESCAPED.sub(plain, text)
