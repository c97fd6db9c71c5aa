"""Standing: which of the deliveries about one thing is in force, and why each of the others is not.

A pure rule over what is known of them now, so that the order in which files came makes no
difference but one: of files with the same rows the first stays, and the others change nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

SHORT = 12
IN_FORCE = "in force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A delivery that was judged and not refused.

    Attributes:
        delivery_id: SHA-256 of the file.
        version: As its name says.
        same_rows: What its rows are known by; equal for deliveries with equal rows. None if
            they were not compared.
        hold: Why it must wait for a person; None if it need not.
        picked: The reason a person gave for putting it in force; None if nobody did.
    """

    delivery_id: str
    version: int
    same_rows: str | None = None
    hold: str | None = None
    picked: str | None = None


class Standing(NamedTuple):
    """Where a delivery stands.

    Attributes:
        status: ``active``, ``superseded`` or ``held``.
        cause: What a person must know who is to decide; None if nobody has to.
        why: For the history.
    """

    status: str
    cause: str | None
    why: str


def standings(scope: str, candidates: Sequence[Candidate]) -> dict[str, Standing]:
    """Where every delivery about one thing stands, by its id.

    The highest version is in force and the lower ones are superseded. Two files of one version
    with different rows are held, as is one that must wait, until a person or a later version
    decides; the version below stays in force.

    Args:
        scope: What they are about.
        candidates: In order of arrival.
    """
    by_version: dict[int, list[Candidate]] = {}
    for one in candidates:
        by_version.setdefault(one.version, []).append(one)
    agreed = [_agreed(by_version[version]) for version in sorted(by_version)]
    eligible = [one for one in agreed if one and (one.hold is None or one.picked is not None)]
    if not eligible:
        return {one.delivery_id: _waiting(scope, by_version[one.version]) for one in candidates}
    top, in_force = eligible[-1], _first_with_its_rows(eligible)
    return {
        one.delivery_id: _waiting(scope, by_version[one.version])
        if one.version > top.version
        else _decided(one, top, in_force)
        for one in candidates
    }


def _agreed(rivals: Sequence[Candidate]) -> Candidate | None:
    """The one of a version that a person picked, or the first if all have the same rows."""
    picked = [one for one in rivals if one.picked is not None]
    if picked:
        return picked[-1]
    return rivals[0] if len({one.same_rows or one.delivery_id for one in rivals}) == 1 else None


def _first_with_its_rows(eligible: Sequence[Candidate]) -> Candidate:
    """The lowest of the versions under the highest whose rows are all the same."""
    first = eligible[-1]
    for one in reversed(eligible[:-1]):
        if one.same_rows is None or one.same_rows != first.same_rows:
            break
        first = one
    return first


def _decided(one: Candidate, top: Candidate, in_force: Candidate) -> Standing:
    if one is in_force:
        return Standing("active", None, one.picked or IN_FORCE)
    if one.version >= in_force.version and one.same_rows == in_force.same_rows is not None:
        same = f"the same rows as {in_force.delivery_id[:SHORT]}, which stays in force"
        return Standing("superseded", same, same)
    if one.version == top.version:
        return Standing("superseded", None, f"another file of version {top.version} was chosen")
    return Standing("superseded", None, f"version {top.version} takes its place")


def _waiting(scope: str, rivals: Sequence[Candidate]) -> Standing:
    agreed = _agreed(rivals)
    cause = f"{len(rivals)} files of version {rivals[0].version} for {scope}"
    if agreed is not None and agreed.hold is not None:
        cause = agreed.hold
    return Standing("held", cause, cause)
