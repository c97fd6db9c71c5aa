"""The invented city before anything happens in it: places, pupils, enrolments and timetables."""

from dataclasses import dataclass

from pipelines.simulation.marks import subject_levels
from pipelines.simulation.parameters import Floats, Parameters
from pipelines.simulation.places import Places, found
from pipelines.simulation.pupils import Pupils, Spells, enrol
from pipelines.simulation.timetable import Timetable, make_timetable


@dataclass(frozen=True, slots=True)
class World:
    """What is settled before the first school day.

    Attributes:
        parameters: The choices behind the city.
        places: Districts and schools.
        pupils: Everybody who is ever enrolled.
        spells: Where they are enrolled, for all years.
        timetable: A week of every school and grade.
        levels: Lasting level of every pupil in every subject, shape [pupils, subjects].
    """

    parameters: Parameters
    places: Places
    pupils: Pupils
    spells: Spells
    timetable: Timetable
    levels: Floats


def build_world(parameters: Parameters) -> World:
    """Draw a city of these choices."""
    places = found(parameters.schools)
    pupils, spells = enrol(parameters, places)
    return World(
        parameters=parameters,
        places=places,
        pupils=pupils,
        spells=spells,
        timetable=make_timetable(parameters.schools, parameters.stream("timetable")),
        levels=subject_levels(pupils, parameters.stream("levels")),
    )
