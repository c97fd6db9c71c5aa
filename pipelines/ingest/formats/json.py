"""JSON: an array of objects, one object per line, or an array within one object.

Read as it streams by, one record in memory at a time. Columns are paths (``school.code``);
numbers stay as they are written. An ignored path covers all that lies below it.

Settings: ``records`` is the key of the array in a document that is one object; ``each`` is the key
of an array within every object, whose elements are the records, each with the fields around it
and its own as ``key.field``; the others are those of
:func:`pipelines.ingest.records.in_blocks`.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NoReturn

from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import (
    SHARED_SETTINGS,
    Found,
    Records,
    UnreadableError,
    in_blocks,
    known_names,
)

CHUNK_BYTES = 1 << 18
LONGEST_RECORD = 1 << 20
BLANKS = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class JsonContainer:
    """JSON documents that hold a list of records."""

    settings = frozenset({"records", "each", *SHARED_SETTINGS})

    def headings(self, path: Path, profile: Profile) -> None:
        """None: an object names its own values; the document's beginning is judged.

        Raises:
            UnreadableError: If it is no JSON, or no list of objects of this layout.
        """
        judge_beginning(path, profile)

    def titles(self, path: Path, profile: Profile) -> str:
        """Nothing: a document has no lines above its header."""
        del path, profile
        return ""

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """The objects in order, each with the line it starts on.

        Raises:
            UnreadableError: If the document is not JSON to its end.
        """
        del strictly
        with path.open("rb") as file:
            yield from in_blocks(objects(file, profile), profile)


CONTAINER = JsonContainer()


class _Fault(str):
    """What is wrong, in the place of a value."""

    __slots__ = ()


FOREIGN = _Fault("a field that is not part of this layout")


class _Repeated(dict[str, object]):
    """An object in which a name stands twice."""


def judge_beginning(path: Path, profile: Profile) -> None:
    """Read as far as the first record.

    Raises:
        UnreadableError: If the file is empty, no JSON, or its first record is of another layout.
    """
    if path.stat().st_size == 0:
        raise UnreadableError("empty", "the file is empty; export it again")
    with path.open("rb") as file:
        first = next(objects(file, profile), None)
    if first is not None and not known_names(profile) & first.values.keys():
        raise UnreadableError("format", "no field of this layout is in the first record", 1)


def objects(file: BinaryIO, profile: Profile) -> Iterator[Found]:
    """The records of a document, flattened to their paths.

    Raises:
        UnreadableError: If the document is not JSON to its end.
    """
    text = _Text(file)
    key = profile.settings.get("records")
    known = known_names(profile)
    if key is not None:
        found = _within(text, key)
    elif text.next_sign() == "[":
        found = _array(text)
    else:
        found = _by_line(text)
    each = profile.settings.get("each")
    for line, value in found:
        for one in [value] if each is None else _each(value, each):
            yield _flattened(line, one, known, profile.ignored)
    if text.next_sign():
        text.refuse("something follows after the end of the document")


@dataclass(slots=True)
class _Text:
    """Text of a file, of which only what is not yet read is in memory.

    Attributes:
        file: Where it comes from.
        line: Line of the next character.
    """

    file: BinaryIO
    line: int = 1
    _rest: str = ""
    _at: int = 0
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=codecs.getincrementaldecoder("utf-8-sig")
    )
    _reader: json.JSONDecoder = field(
        default_factory=lambda: json.JSONDecoder(
            object_pairs_hook=_once, parse_float=str, parse_int=str, parse_constant=_no_number
        )
    )

    def refuse(self, message: str) -> NoReturn:
        """Refuse the file at this line.

        Raises:
            UnreadableError: Always.
        """
        raise UnreadableError("format", message, self.line)

    def next_sign(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            if blanks := BLANKS.match(self._rest, self._at):
                self._pass(blanks.end() - self._at)
            if self._at < len(self._rest) or not self._more():
                return self._rest[self._at : self._at + 1]

    def take(self, sign: str) -> None:
        """Pass over one expected character.

        Raises:
            UnreadableError: If it is another one.
        """
        if self.next_sign() != sign:
            self.refuse(f"{sign} expected; export the file again")
        self._pass(1)

    def value(self) -> tuple[int, object]:
        """The next value, and the line it starts on.

        Raises:
            UnreadableError: If it is no JSON, too long or nested too deep.
        """
        self.next_sign()
        while (found := self._decoded()) is None or found[1] == len(self._rest):
            if self._more():
                continue  # also a whole value: a number may go on in what was just read
            if found is None:
                self.refuse("this is not JSON; export the file again")
            break
        line = self.line
        self._pass(found[1] - self._at)
        return line, found[0]

    def _decoded(self) -> tuple[object, int] | None:
        """The value here and where it ends; None if it is not whole."""
        try:
            return self._reader.raw_decode(self._rest, self._at)
        except RecursionError:
            self.refuse("values are nested too deep")
        except ValueError:
            if len(self._rest) - self._at > LONGEST_RECORD:
                self.refuse("this is not JSON; export the file again")
            return None

    def whole_line(self) -> tuple[int, object] | None:
        """The object on the next line that is not empty; a name instead if it is not one.

        Raises:
            UnreadableError: If the line is too long.
        """
        if not self.next_sign():
            return None
        while (end := self._rest.find("\n", self._at)) < 0:
            if len(self._rest) - self._at > LONGEST_RECORD:
                self.refuse("a line is longer than any record")
            if not self._more():
                end = len(self._rest)
                break
        line, written = self.line, self._rest[self._at : end]
        self._pass(end - self._at)
        try:
            return line, self._reader.decode(written)
        except (ValueError, RecursionError):
            return line, "not JSON"

    def _pass(self, length: int) -> None:
        self.line += self._rest.count("\n", self._at, self._at + length)
        self._at += length

    def _more(self) -> bool:
        read = self.file.read(CHUNK_BYTES)
        try:
            text = self._decoder.decode(read, final=not read)
        except UnicodeDecodeError:
            raise UnreadableError(
                "encoding", "not utf-8; save the file as utf-8", self.line
            ) from None
        if read:
            self._rest = self._rest[self._at :] + text
            self._at = 0
        return bool(read)


def _array(text: _Text) -> Iterator[tuple[int, object]]:
    text.take("[")
    if text.next_sign() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if text.next_sign() == "]":
            text.take("]")
            return
        text.take(",")


def _by_line(text: _Text) -> Iterator[tuple[int, object]]:
    while (found := text.whole_line()) is not None:
        yield found


def _within(text: _Text, wanted: str) -> Iterator[tuple[int, object]]:
    """The array of one key of the document's object; other values are passed over.

    Raises:
        UnreadableError: If there is no such key.
    """
    is_there = False
    text.take("{")
    while True:
        key = text.value()[1]
        text.take(":")
        if key == wanted and not is_there:
            is_there = True
            yield from _array(text)
        else:
            text.value()
        if text.next_sign() == "}":
            break
        text.take(",")
    text.take("}")
    if not is_there:
        text.refuse(f"the document has no {wanted}")


def _each(value: object, key: str) -> list[object]:
    """An object once for each element of one of its arrays; itself where it has none."""
    if not isinstance(value, dict) or not isinstance(value.get(key), list):
        return [value]
    return [{**value, key: inner} for inner in value[key]]


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeated(found)


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _flattened(line: int, value: object, known: frozenset[str], ignored: frozenset[str]) -> Found:
    if not isinstance(value, dict):
        return Found(line, {}, "no JSON object")
    found = dict(_leaves("", value, ignored))
    faults = [text for text in found.values() if isinstance(text, _Fault)]
    if not faults and not found.keys() <= known:
        faults = [FOREIGN]
    return Found(line, found, str(faults[0]) if faults else None)


def _leaves(path: str, value: object, ignored: frozenset[str]) -> Iterator[tuple[str, str]]:
    if path in ignored:
        return
    if isinstance(value, _Repeated):
        yield path, _Fault("a name stands twice")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, inner, ignored)
    else:
        yield path, FOREIGN if isinstance(value, list) else _scalar(value)


def _scalar(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
