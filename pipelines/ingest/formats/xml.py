"""XML: one record per element of a declared name, read as it streams by.

A profile's columns are paths below the record's element (``termin/år``), attributes after an
``@`` (``beslutsfattare/@roll``), and the attributes of the element around it (``../@id``).
Documents with a DTD are refused where it begins: no entity is ever declared, expanded or fetched.

Settings: ``root``, ``group`` and ``record`` are the names of the three outermost elements;
``joined`` and ``closed`` as in :func:`pipelines.ingest.records.in_blocks`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import (
    LONGEST_VALUE,
    SHARED_SETTINGS,
    Found,
    Records,
    UnreadableError,
    in_blocks,
    known_names,
)

CHUNK_BYTES = 1 << 18
DEEPEST = 16
RECORD = 2  # elements around a record's: the outermost one and its group


@dataclass(frozen=True, slots=True)
class XmlContainer:
    """XML documents that are a list of records."""

    settings = frozenset({"root", "group", "record", *SHARED_SETTINGS})

    def headings(self, path: Path, profile: Profile) -> None:
        """None: an element names its own values; the document's beginning is judged.

        Raises:
            UnreadableError: If it is no XML, has a DTD, or another outermost element.
        """
        if path.stat().st_size == 0:
            raise UnreadableError("empty", "the file is empty; export it again")
        with path.open("rb") as file:
            next(_found(file, profile), None)

    def titles(self, path: Path, profile: Profile) -> str:
        """Nothing: a document has no lines above its header."""
        del path, profile
        return ""

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """The elements in order, each with the line it starts on.

        Raises:
            UnreadableError: If the document is not well-formed to its end, or has a DTD.
        """
        del strictly
        with path.open("rb") as file:
            yield from in_blocks(_found(file, profile), profile)


CONTAINER = XmlContainer()


@dataclass(slots=True)
class _Gatherer(ContentHandler):
    """What the parser tells: records, as their elements end.

    Attributes:
        profile: The layout.
        parser: Who tells it; knows the line.
        done: Records that have ended and are not yet taken.
    """

    profile: Profile
    parser: DefusedExpatParser
    done: list[Found] = field(default_factory=list)
    _known: frozenset[str] = frozenset()
    _open: list[str] = field(default_factory=list)
    _around: dict[str, str] = field(default_factory=dict)
    _values: dict[str, str] = field(default_factory=dict)
    _text: list[str] = field(default_factory=list)
    _length: int = 0
    _line: int = 0
    _group_fault: str | None = None
    _fault: str | None = None
    _has_children: bool = False

    def __post_init__(self) -> None:
        """Find out once which paths may be met."""
        self._known = known_names(self.profile)

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        """An element begins."""
        own = name.rpartition(":")[2]
        place = len(self._open)
        text = self._taken_text()
        if place == RECORD:
            self._begin(own)
        elif place < RECORD:
            self._begin_around(own, attrs)
        elif text:
            self._fault = self._fault or "text beside elements"
        if place > DEEPEST:
            raise UnreadableError("format", "elements lie too deep", self._at())
        self._open.append(own)
        self._has_children = False
        if place >= RECORD:
            self._set_attributes(attrs)

    def characters(self, content: str) -> None:
        """Text of the innermost element, in pieces; what is endless is cut and a fault."""
        self._length += len(content)
        if self._length > LONGEST_VALUE:
            self._fault = self._fault or "too_long"
        else:
            self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        """An element ends; with a record, its values are whole."""
        del name
        place = len(self._open)
        text = self._taken_text()
        if place > RECORD + 1 and not self._has_children:
            self._set("/".join(self._open[RECORD + 1 :]), text)
        elif place > RECORD and text:
            self._fault = self._fault or "text beside elements"
        self._open.pop()
        self._has_children = True
        if place == RECORD + 1:
            self.done.append(Found(self._line, {**self._around, **self._values}, self._fault))

    def _begin_around(self, name: str, attrs: AttributesImpl) -> None:
        settings = self.profile.settings
        is_root = not self._open
        if is_root and name != settings["root"]:
            raise UnreadableError("format", f"the document is no {settings['root']}", 1)
        if not is_root:
            self._around = {f"../@{key}": attrs.getValue(key) for key in attrs.getNames()}
            is_other = name != settings["group"]
            self._group_fault = "it stands in another element" if is_other else None

    def _begin(self, name: str) -> None:
        self._line = self._at()
        self._values = {}
        expected = self.profile.settings["record"]
        self._fault = self._group_fault
        if self._fault is None and name != expected:
            self._fault = f"it is no {expected}"

    def _taken_text(self) -> str:
        text = "".join(self._text).strip()
        self._text.clear()
        self._length = 0
        return text

    def _set_attributes(self, attrs: AttributesImpl) -> None:
        for key in attrs.getNames():
            if ":" not in key and key != "xmlns":
                self._set("/".join([*self._open[RECORD + 1 :], f"@{key}"]), attrs.getValue(key))

    def _set(self, path: str, value: str) -> None:
        if path not in self._known:
            self._fault = self._fault or "an element that is not part of this layout"
        elif path in self._values and path not in self.profile.ignored:
            self._fault = self._fault or "an element stands twice"
        else:
            self._values[path] = value

    def _at(self) -> int:
        return int(self.parser.getLineNumber() or 1)


def _found(file: BinaryIO, profile: Profile) -> Iterator[Found]:
    parser = DefusedExpatParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    gatherer = _Gatherer(profile, parser)
    parser.setContentHandler(gatherer)
    try:
        while chunk := file.read(CHUNK_BYTES):
            parser.feed(chunk)
            yield from gatherer.done
            gatherer.done.clear()
        parser.close()
    except DefusedXmlException:
        raise UnreadableError("entities", "the document has a DTD; export it without") from None
    except SAXParseException as error:
        raise UnreadableError(
            "format", "this is not well-formed XML; export it again", error.getLineNumber() or 1
        ) from None
