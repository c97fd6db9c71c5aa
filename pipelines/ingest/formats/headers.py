"""Headers: what is done to headings before they are compared, whatever kind of file they head."""

import unicodedata
from collections.abc import Iterable, Iterator

from pipelines.ingest.profiles import as_heading
from pipelines.ingest.records import Records, UnreadableError

MOST_COLUMNS = 500
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
NO_BREAK = str.maketrans("\u00a0\u202f", "  ")


def readable_headings(found: Iterable[str], line: int) -> list[str]:
    """Headings without signs that nobody sees.

    Args:
        found: As they stand in the file.
        line: Where.

    Raises:
        UnreadableError: If there are more than any layout has, or a letter is not Latin: it may
            look like one and still name another column.
    """
    headings = [text.translate(INVISIBLE).translate(NO_BREAK) for text in found]
    if len(headings) > MOST_COLUMNS:
        raise UnreadableError("header", f"more than {MOST_COLUMNS} columns; no layout has so many")
    foreign = [str(at) for at, text in enumerate(headings, 1) if not all(map(_is_latin, text))]
    if foreign:
        raise UnreadableError(
            "header_script",
            f"the heading of column {', '.join(foreign)} has letters that only look right; "
            "type it again",
            line,
        )
    return headings


def without_second_header(blocks: Iterable[Records], line: int) -> Iterator[Records]:
    """The same records.

    Raises:
        UnreadableError: If the first one is the header once more.
    """
    for number, records in enumerate(blocks):
        if number == 0 and len(records) and _is_header(records):
            raise UnreadableError("header", "the header stands twice; remove one", line + 1)
        yield records


def _is_header(records: Records) -> bool:
    first = {name: column[0].as_py() for name, column in records.columns.items()}
    return all(as_heading(text) == as_heading(name) for name, text in first.items())


def _is_latin(sign: str) -> bool:
    return not sign.isalpha() or unicodedata.name(sign, "").startswith(("LATIN", "MODIFIER"))
