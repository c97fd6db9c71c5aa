"""Recognition: the one layout a file is of, and the judgement of files by their layouts."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipelines.ingest.blocks import Delivery, Judges, first_month, month_or_text
from pipelines.ingest.changes import is_change_file, judge_changes
from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.judging import Outcome, judge_all, refused
from pipelines.ingest.profiles import Profile, load_profiles
from pipelines.ingest.records import UnreadableError, compare_headings
from pipelines.ingest.supplements import is_supplement, supplement_layouts


def recognise(path: Path, file_name: str) -> Profile:
    """The one layout a file is of, by its name and its header.

    Raises:
        UnreadableError: If no layout fits, or several do.
    """
    known = supplement_layouts() if is_supplement(file_name) else load_profiles()
    named = [profile for profile in known if profile.named(file_name) is not None]
    if not named:
        raise UnreadableError("unknown", "no layout has files of this name; see the templates")
    faults = [(profile, _header_fault(path, profile)) for profile in named]
    fitting = [profile for profile, fault in faults if fault is None]
    if len(fitting) > 1:
        names = ", ".join(profile.name for profile in fitting)
        raise UnreadableError("ambiguous", f"several layouts fit: {names}")
    if not fitting:
        raise next(fault for _, fault in faults if fault is not None)
    return fitting[0]


def judge_file(path: Path, file_name: str, judges: Judges, folder: Path) -> Outcome:
    """Judge one file into drafts; a verdict in any case.

    Args:
        path: Where the file lies.
        file_name: Its name when it was dropped.
        judges: Who answers for values.
        folder: Where drafts go.
    """
    return next(judge_files([(sha256_of(path), path, file_name)], judges, folder))


def judge_files(
    files: Sequence[tuple[str, Path, str]], judges: Judges, folder: Path
) -> Iterator[Outcome]:
    """Judge files into drafts, those of one layout together; a verdict on each.

    Args:
        files: SHA-256, place, and name when it was dropped.
        judges: Who answers for values.
        folder: Where drafts go; the caller moves them before asking for the next outcome.
    """
    by_profile: dict[str, list[Delivery]] = {}
    for delivery_id, path, file_name in sorted(files, key=lambda f: not is_change_file(f[2])):
        if is_change_file(file_name):
            yield judge_changes(delivery_id, path, file_name, judges)
            continue
        try:
            profile = recognise(path, file_name)
            _refuse_future(profile.named(file_name) or {}, judges.identity.today)
        except Exception as error:  # noqa: BLE001 - one file never stops the others
            yield refused(delivery_id, None, error)
        else:
            delivery = Delivery(delivery_id, path, file_name, profile)
            by_profile.setdefault(profile.name, []).append(delivery)
    for deliveries in by_profile.values():
        yield from judge_all(deliveries, judges, folder)


def sha256_of(path: Path) -> str:
    """What a file is known by: the SHA-256 of its content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_future(named: Mapping[str, str], today: dt.date) -> None:
    """Refuse a file about a month or a term that has not begun.

    Raises:
        UnreadableError: If it has not.
    """
    for kind in ("month", "term"):
        starts = first_month(named.get(kind, ""))
        if starts is not None and starts > month_or_text(today):
            raise UnreadableError(
                "future_period",
                f"the {kind} in the file's name has not begun; correct the name, or wait",
            )


def _header_fault(path: Path, profile: Profile) -> UnreadableError | None:
    try:
        found = load_containers()[profile.container].headings(path, profile)
        if found is not None:
            compare_headings(found, profile)
    except UnreadableError as error:
        return error
    return None
