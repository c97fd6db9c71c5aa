"""A city, a server of it, and a data folder in which the server is declared as a source."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines.connectors.endpoint import Endpoint
from pipelines.connectors.pulling import Pulled, pull, sources_of
from pipelines.connectors.source import load_source
from pipelines.workspace import Workspace
from tests.pipelines.connectors.ss12000_city import MONTH, simulated_city
from tests.pipelines.connectors.ss12000_server import Server, serving

NAME = "stad"


@dataclass
class Site:
    """A data folder and the server it pulls from.

    Attributes:
        workspace: The data folder.
        served: The server.
        waited: Seconds of every wait, none of which was really waited.
        told: What the operator was told meanwhile.
    """

    workspace: Workspace
    served: Server
    waited: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def declare(self, **settings: object) -> None:
        """Write the source's file, and a token file only the owner may read."""
        folder = sources_of(self.workspace)
        folder.mkdir(exist_ok=True)
        said = {"url": self.served.url, "token_file": f"{NAME}.token", **settings}
        lines = [f"{name} = {_toml(value)}\n" for name, value in said.items()]
        (folder / f"{NAME}.toml").write_text("".join(lines), encoding="utf-8")
        self.renew("first-token")

    def renew(self, token: str) -> None:
        """Write another token."""
        path = sources_of(self.workspace) / f"{NAME}.token"
        path.touch(mode=0o600)
        path.write_text(f"{token}\n", encoding="ascii")

    def endpoint(self) -> Endpoint:
        """A connection that waits for nothing."""
        source = load_source(sources_of(self.workspace), NAME)
        known = Endpoint.of(source)
        return Endpoint(source, known.pool, wait=self.waited.append, tell=self.told.append)

    def pull(self, *, month: str = MONTH, whole: bool = False) -> Pulled:
        """Pull a month."""
        endpoint = self.endpoint()
        try:
            return pull(self.workspace, endpoint, month, whole=whole)
        finally:
            endpoint.pool.clear()

    def inbox(self) -> dict[str, bytes]:
        """What lies in the inbox."""
        return {path.name: path.read_bytes() for path in sorted(self.workspace.inbox.iterdir())}


def _toml(value: object) -> str:
    return str(list(value)) if isinstance(value, list | tuple) else repr(value).replace("'", '"')


def site_of(served: Server, folder: Path, **settings: object) -> Site:
    """A data folder in which a server is declared."""
    site = Site(Workspace(folder), served)
    site.workspace.make()
    site.declare(**settings)
    return site


@pytest.fixture
def open_site(tmp_path) -> Callable[..., Site]:
    """Make a data folder for a server; any number of them."""
    made: list[Site] = []

    def opened(served: Server, **settings: object) -> Site:
        made.append(site_of(served, tmp_path / f"data{len(made)}", **settings))
        return made[-1]

    return opened


@pytest.fixture(scope="module")
def quiet():
    """A server of a city that no test changes."""
    with serving(simulated_city()) as server:
        yield server


@contextmanager
def faulty(server: Server, faults: dict[int, str]) -> Iterator[None]:
    """Faults of a server for a while, by number of the request from now on."""
    server.asked.clear()
    server.faults = faults
    try:
        yield
    finally:
        server.faults = {}


@pytest.fixture
def served():
    """A server of a city that a test may change."""
    with serving(simulated_city()) as server:
        yield server
