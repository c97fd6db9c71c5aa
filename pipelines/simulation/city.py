"""The simulated city: deliveries as schools would send them, and the truth behind them."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.simulation.documents import planted_figures, stated_figures
from pipelines.simulation.exports import all_exports
from pipelines.simulation.funds import draw_funds, fund_tables, planted_funds
from pipelines.simulation.history import Progress, live_through
from pipelines.simulation.interviewing import interviews, planted_interviews
from pipelines.simulation.parameters import Parameters
from pipelines.simulation.sending import send_all
from pipelines.simulation.support import draw_costs
from pipelines.simulation.telling import planted_contacts, told_tables
from pipelines.simulation.truth import write_truth
from pipelines.simulation.world import build_world

__all__ = ["Parameters", "Progress", "Simulated", "simulate"]


@dataclass(frozen=True, slots=True)
class Simulated:
    """A city that was simulated.

    Attributes:
        deliveries: Folder of files to drop into the inbox.
        truth: Folder of planted figures, one CSV each.
        files: Files in ``deliveries`` [count].
        records: Records in them that can be read [count].
        pupils: Pupils ever enrolled [count].
    """

    deliveries: Path
    truth: Path
    files: int
    records: int
    pupils: int


def simulate(
    folder: Path, *, parameters: Parameters, progress: Progress | None = None
) -> Simulated:
    """Simulate a city into ``folder``: ``deliveries/`` and ``truth/``.

    Args:
        folder: Made if it does not exist.
        parameters: The choices behind the city; equal ones give equal bytes.
        progress: Told of each stage, ``terms`` and then ``files``.

    Raises:
        FileExistsError: If ``folder`` already holds a simulated city.
    """
    tell = progress or _tell_nobody
    deliveries, truth = folder / "deliveries", folder / "truth"
    for part in (deliveries, truth):
        part.mkdir(parents=True)
    world = build_world(parameters)
    history = live_through(world, tell)
    costs = draw_costs(world.places, parameters.school_years, parameters.stream("costs"))
    funds = draw_funds(world)
    told = told_tables(world, history) | fund_tables(world, funds, costs.to_pandas())
    told["core.interview_segments"] = spoken = interviews(world)
    told["core.stated_figures"] = stated = stated_figures(world, history, funds)
    exports = list(all_exports(world, history, costs, told))
    sent = send_all(deliveries, exports, parameters, tell)
    planted = {
        "costs": costs.to_pandas(),
        "funds": planted_funds(funds),
        "contacts": planted_contacts(told),
        "interviews": planted_interviews(spoken),
        "stated_figures": planted_figures(stated),
    }
    write_truth(truth, world, history, sent=sent, planted=planted)
    return Simulated(
        deliveries=deliveries,
        truth=truth,
        files=len(sent),
        records=sum(file.records for file in sent),
        pupils=len(world.pupils.leaves),
    )


def _tell_nobody(_stage: str, _done: int, _total: int) -> None:
    pass
