"""Allocation of a pool among districts: a pure function, and each district's amount explained.

The rule of January 2014: each district gets what it applied for, at most a cap for each of its
schools. What is left goes to the districts that applied for more than that, in proportion to
their schools, except those that are excluded. Nobody gets more than it applied for, and what a
district does not need goes to the others by the same rule. Amounts are whole kronor: the kronor
that rounding down leaves go to the largest fractions, districts of equal fractions in order of
their key, so that the order of the applications does not matter.

Where a pool does not reach for the caps, the cap is lowered to where it does; that case was not
decided in 2014 and is a proposal of this project.

Source: the education board's proposal for the funds of 2014, January 2014, and its minutes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

Amounts = dict[str, Fraction]


class AllocationError(ValueError):
    """Applications or parameters no pool can be divided by; says which and why."""


@dataclass(frozen=True, slots=True)
class Application:
    """What a district asks for.

    Attributes:
        district_id: District key.
        schools: Schools it covers [count].
        applied_sek: Amount applied for [SEK].
    """

    district_id: str
    schools: int
    applied_sek: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What a decision sets.

    Attributes:
        pool_sek: To be divided [SEK].
        cap_per_school_sek: First step: at most this for each school [SEK].
        excluded: Districts that take no part in what is left.
    """

    pool_sek: int
    cap_per_school_sek: Fraction
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Allotment:
    """What a district gets, step by step.

    Attributes:
        application: What it asked for.
        cap_sek: Most it could get in the first step [SEK].
        first_step_sek: What it got there [SEK].
        takes_part_in_rest: Whether it applied for more than its cap and is not excluded.
        rest_sek: Its part of what was left, before rounding [SEK].
        rounding_sek: What rounding to whole kronor added or took [SEK].
        proposed_sek: In all, whole kronor [SEK].
    """

    application: Application
    cap_sek: Fraction
    first_step_sek: Fraction
    takes_part_in_rest: bool
    rest_sek: Fraction
    rounding_sek: Fraction
    proposed_sek: int


def allocate(applications: Sequence[Application], terms: Terms) -> list[Allotment]:
    """Divide a pool; one allotment per application, in the order given.

    Raises:
        AllocationError: If a district applies twice, asks for less than nothing or covers no
            school, or if the pool or the cap is negative.
    """
    _require_sound(applications, terms)
    caps = _caps(applications, terms)
    first = {a.district_id: min(Fraction(a.applied_sek), caps[a.district_id]) for a in applications}
    left = terms.pool_sek - sum(first.values(), Fraction(0))
    sharing = [
        a
        for a in applications
        if a.applied_sek > caps[a.district_id] and a.district_id not in terms.excluded
    ]
    room = {a.district_id: a.applied_sek - first[a.district_id] for a in sharing}
    rest = _by_schools(left, room, {a.district_id: a.schools for a in sharing})
    exact = {district: amount + rest.get(district, 0) for district, amount in first.items()}
    whole = whole_kronor(exact)
    return [
        Allotment(
            application=a,
            cap_sek=caps[a.district_id],
            first_step_sek=first[a.district_id],
            takes_part_in_rest=a in sharing,
            rest_sek=rest.get(a.district_id, Fraction(0)),
            rounding_sek=whole[a.district_id] - exact[a.district_id],
            proposed_sek=whole[a.district_id],
        )
        for a in applications
    ]


def whole_kronor(amounts: Mapping[str, Fraction]) -> dict[str, int]:
    """Amounts as whole kronor with the same whole sum: the largest remainders are rounded up.

    A sum that is no whole number is rounded down.
    """
    floors = {name: amount.__floor__() for name, amount in amounts.items()}
    over = sum(amounts.values(), Fraction(0)).__floor__() - sum(floors.values())
    by_fraction = sorted(amounts, key=lambda name: (floors[name] - amounts[name], name))
    return floors | {name: floors[name] + 1 for name in by_fraction[:over]}


def _require_sound(applications: Sequence[Application], terms: Terms) -> None:
    names = sorted(a.district_id for a in applications)
    twice = {one for one, other in pairwise(names) if one == other}
    if twice:
        raise AllocationError(f"more than one application from {', '.join(sorted(twice))}")
    for application in applications:
        if application.schools < 1 or application.applied_sek < 0:
            raise AllocationError(
                f"{application.district_id}: an application covers at least one school and asks "
                "for nothing less than 0 kronor"
            )
    if terms.pool_sek < 0 or terms.cap_per_school_sek < 0:
        raise AllocationError("neither the pool nor the cap per school is less than 0 kronor")


def _caps(applications: Sequence[Application], terms: Terms) -> Amounts:
    """Each district's cap; lowered for all alike where the pool does not reach."""
    schools = {a.district_id: a.schools for a in applications}
    caps = {name: terms.cap_per_school_sek * number for name, number in schools.items()}
    wanted = {
        a.district_id: min(Fraction(a.applied_sek), caps[a.district_id]) for a in applications
    }
    if sum(wanted.values()) <= terms.pool_sek:
        return caps
    reached = _by_schools(Fraction(terms.pool_sek), wanted, schools)
    return {name: min(caps[name], _cap(name, reached, wanted, caps)) for name in caps}


def _cap(name: str, reached: Amounts, wanted: Amounts, caps: Amounts) -> Fraction:
    """What bounds a district: what it reached, or its own cap if it got all it asked for."""
    return caps[name] if reached[name] == wanted[name] else reached[name]


def _by_schools(
    amount: Fraction, room: Mapping[str, Fraction], schools: Mapping[str, int]
) -> Amounts:
    """Divide an amount in proportion to schools, nobody above its room.

    Whoever is filled leaves, and the others share on; what nobody has room for is left over.
    """
    given = dict.fromkeys(room, Fraction(0))
    open_to = {name for name, most in room.items() if most > 0}
    while amount > 0 and open_to:
        each = min(
            amount / sum(schools[name] for name in open_to),
            *((room[name] - given[name]) / schools[name] for name in open_to),
        )
        for name in open_to:
            given[name] += each * schools[name]
            amount -= each * schools[name]
        open_to = {name for name in open_to if given[name] < room[name]}
    return given


def explained(allotment: Allotment) -> list[str]:
    """The steps to a district's amount, in Swedish sentences for a decision."""
    asked = allotment.application
    steps = [
        (
            f"Sökt belopp: {_kronor(asked.applied_sek)} för {asked.schools} "
            f"{'skola' if asked.schools == 1 else 'skolor'}."
        ),
        (
            f"Tak i första steget: {_kronor(allotment.cap_sek)}. "
            f"Tilldelat där: {_kronor(allotment.first_step_sek)}."
        ),
    ]
    if allotment.takes_part_in_rest:
        steps.append(
            f"Sökte mer än taket och får {_kronor(allotment.rest_sek)} av återstoden, efter "
            "antal skolor."
        )
    elif asked.applied_sek > allotment.cap_sek:
        steps.append("Sökte mer än taket men undantas från fördelningen av återstoden.")
    else:
        steps.append("Får hela det sökta beloppet.")
    if allotment.rounding_sek:
        steps.append("Avrundat till hela kronor.")
    return [*steps, f"Föreslaget belopp: {_kronor(allotment.proposed_sek)}."]


def left_over(allotments: Collection[Allotment], terms: Terms) -> int:
    """What nobody is entitled to and stays in the pool [SEK]."""
    return terms.pool_sek - sum(one.proposed_sek for one in allotments)


def _kronor(amount: Fraction | int) -> str:
    """``1 134 896 kr``; öre only where there are any."""
    whole = amount.__floor__()
    text = f"{whole:,}".replace(",", "\N{NO-BREAK SPACE}")
    hundredths = round((amount - whole) * 100)
    return f"{text}{f',{hundredths:02d}' if hundredths else ''}\N{NO-BREAK SPACE}kr"
