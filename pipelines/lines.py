"""Lines: where in an archived file a record stands, found by reading the file again."""

from collections.abc import Collection, Mapping

from pipelines.ingest.blocks import Delivery
from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.placing import archived
from pipelines.ingest.profiles import load_profiles
from pipelines.ingest.records import NotPlainError, UnreadableError
from pipelines.workspace import Workspace


def lines_of(
    workspace: Workspace, delivery: Mapping[str, object], numbers: Collection[int]
) -> dict[int, int]:
    """Line of the file, or row of the sheet, on which some records of a delivery start.

    Args:
        workspace: Where the archive lies.
        delivery: Its row of :class:`schemas.deliveries.Deliveries`.
        numbers: Which records.

    Returns:
        Line by record number; without records that cannot be found again, because the file or
        its layout is there no more.
    """
    profiles = {profile.name: profile for profile in load_profiles()}
    profile = profiles.get(str(delivery["profile"]))
    delivery_id = str(delivery["delivery_id"])
    path = archived(workspace, delivery_id)
    if profile is None or not path.exists():
        return {}
    found = Delivery(delivery_id, path, str(delivery["file_name"]), profile)
    try:
        return _lines(found, {*numbers}, strictly=False)
    except NotPlainError:
        return _lines(found, {*numbers}, strictly=True)
    except UnreadableError:
        return {}


def _lines(delivery: Delivery, numbers: set[int], *, strictly: bool) -> dict[int, int]:
    container = load_containers()[delivery.profile.container]
    found: dict[int, int] = {}
    seen = 0
    for records in container.records(delivery.path, delivery.profile, strictly=strictly):
        here = range(seen + 1, seen + len(records) + 1)
        lines = records.lines.tolist()
        found |= {number: lines[number - seen - 1] for number in here if number in numbers}
        seen += len(records)
        if len(found) == len(numbers):
            break
    return found
