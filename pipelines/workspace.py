"""Where everything lies on disk: one folder, readable by the operator alone."""

import os
from dataclasses import dataclass
from pathlib import Path

from pipelines.ingest.ledger import Ledger
from pipelines.ingest.vault import Vault
from pipelines.lake import Lake

VARIABLE = "SAMVERKAN_DATA"


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder ``SAMVERKAN_DATA`` points to.

    Attributes:
        root: Holds ``inbox``, ``deliveries``, ``vault``, ``lake``, ``releases``, ``dagster`` and
            ``outbox``, all with mode 0700.
    """

    root: Path

    @classmethod
    def from_environment(cls) -> "Workspace":
        """The folder the environment names, ``./data`` if it names none; made if missing."""
        workspace = cls(Path(os.environ.get(VARIABLE, "data")).absolute())
        workspace.make()
        return workspace

    @property
    def is_simulated(self) -> bool:
        """Whether every pupil here is invented; every page then says so."""
        return self.simulated_mark.exists()

    @property
    def simulated_mark(self) -> Path:
        """The file that says so."""
        return self.root / "SIMULATED"

    def make(self) -> None:
        """Make every folder that is missing."""
        folders = (self.inbox, self.deliveries, self.releases, self.dagster, self.outbox)
        for folder in (self.root, *folders, self.vault.folder, self.lake.folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def inbox(self) -> Path:
        """Where senders drop files."""
        return self.root / "inbox"

    @property
    def deliveries(self) -> Path:
        """Every file ever received, under its SHA-256."""
        return self.root / "deliveries"

    @property
    def ledger(self) -> Ledger:
        """What became of each delivery."""
        return Ledger(self.deliveries / "ledger.sqlite")

    @property
    def vault(self) -> Vault:
        """Who is who; apart from everything else."""
        return Vault(self.root / "vault")

    @property
    def lake(self) -> Lake:
        """The tables."""
        return Lake(self.root / "lake")

    @property
    def releases(self) -> Path:
        """What was published; ``current`` points to the newest."""
        return self.root / "releases"

    @property
    def dagster(self) -> Path:
        """Dagster's home: runs, logs, schedules."""
        return self.root / "dagster"

    @property
    def outbox(self) -> Path:
        """Templates and feedback for schools."""
        return self.root / "outbox"
