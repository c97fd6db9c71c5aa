"""Sources: where an endpoint lives and what is taken from it, declared in ``sources/<name>.toml``.

The token is no part of it: a source only says in which file the token stands.
"""

import hashlib
import json
import re
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

SOURCE_NAME = re.compile(r"[0-9a-z][0-9a-z-]{0,30}")
DELIVERED = ("attendance", "lessons", "enrolments", "grades", "schools")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
PRIVATE = 0o077


class SourceError(ValueError):
    """A source is not declared, or not as it must be; the message says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One endpoint and what is asked of it.

    Attributes:
        name: As its file is called; part of every delivery's name.
        url: Base address, with the version's path, ``https://…/v2.0``.
        token_file: File whose only line is the bearer token; read before every request.
        deliver: Which tables its deliveries fill: ``enrolments``, ``grades``, ``schools``, and
            ``attendance`` (aggregated) or ``lessons`` (registers of every lesson).
        organisation: Organisation whose activities, events and grades are asked for; all if None.
        school_types: Forms of schooling whose enrolments count (skolform).
        district_type: Type of the organisation above a school unit that is its district.
        page_size: Entities a page [count]; 0 leaves it to the server.
        timeout: Longest silence of the server [seconds].
        patience: Longest wait before a repeated request [seconds].
        ca_file: Certificates of the authority that vouches for the endpoint, if not the system's.
    """

    name: str
    url: str
    token_file: Path
    deliver: tuple[str, ...] = ("attendance", "enrolments", "grades")
    organisation: str | None = None
    school_types: tuple[str, ...] = ("GR",)
    district_type: str | None = None
    page_size: int = 0
    timeout: float = 60.0
    patience: float = 300.0
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            SourceError: With all that is wrong.
        """
        address = _address(self.url)
        is_local = address.hostname in LOCAL_HOSTS
        rules = {
            "the name has small letters, digits and - only": SOURCE_NAME.fullmatch(self.name),
            "url begins with https:// (http:// for this very machine only)": address.hostname
            and (address.scheme == "https" or (is_local and address.scheme == "http")),
            "url has no user, no query and no #": not (
                address.username or address.query or address.fragment
            ),
            f"deliver lists some of {', '.join(DELIVERED)}": self.deliver
            and set(self.deliver) <= set(DELIVERED),
            "deliver has attendance or lessons, not both": not (
                {"attendance", "lessons"} <= set(self.deliver)
            ),
            "district_type is given where schools are delivered": self.district_type
            or "schools" not in self.deliver,
            "page_size, timeout and patience are not negative": min(
                self.page_size, self.timeout, self.patience
            )
            >= 0,
        }
        broken = [rule for rule, holds in rules.items() if not holds]
        if broken:
            raise SourceError(f"sources/{self.name}.toml must be so that {'; '.join(broken)}")

    @property
    def fingerprint(self) -> str:
        """The same for sources whose answers may be put together."""
        content = {k: v for k, v in asdict(self).items() if k not in WITHOUT_EFFECT}
        content["reads"] = READS
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def token(self) -> str:
        """The bearer token as its file has it now.

        Raises:
            SourceError: If there is no such file, others may read it, or it is not one line.
        """
        try:
            is_open = self.token_file.stat().st_mode & PRIVATE
            text = self.token_file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise SourceError(
                f"the token of {self.name} cannot be read; write it into {self.token_file.name}, "
                f"one line, as token_file of sources/{self.name}.toml says"
            ) from None
        if is_open:
            raise SourceError(f"others may read {self.token_file.name}; chmod 600 it")
        if not text or not text.isprintable() or " " in text:
            raise SourceError(f"{self.token_file.name} must hold one token on one line")
        return text


READS = "2: with classes"
"""What this version of the program reads; what an earlier one had is not gone on from."""

WITHOUT_EFFECT = ("token_file", "ca_file", "page_size", "timeout", "patience")
"""Settings that change how the answers come, not what they say."""


def load_source(folder: Path, name: str) -> Source:
    """Read ``<folder>/<name>.toml``; paths in it are relative to the folder.

    Raises:
        SourceError: If there is none, or it says something that cannot be.
    """
    path = folder / f"{name}.toml"
    if not SOURCE_NAME.fullmatch(name) or not path.is_file():
        known = ", ".join(sorted(found.stem for found in folder.glob("*.toml"))) or "none"
        raise SourceError(
            f"there is no source of that name; declared are: {known}. Write sources/<name>.toml "
            "with url and token_file in the data folder"
        )
    try:
        declared = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"sources/{name}.toml is no TOML: {error}") from None
    return _source(folder, name, declared)


def _address(url: str) -> SplitResult:
    """The parts of an address; none where it cannot be read."""
    try:
        address = urlsplit(url)
        _ = address.port
    except ValueError:
        return urlsplit("")
    return address


def _source(folder: Path, name: str, declared: dict[str, Any]) -> Source:
    known = {field.name for field in fields(Source)} - {"name"}
    unknown = sorted(set(declared) - known)
    if unknown or not {"url", "token_file"} <= set(declared):
        raise SourceError(
            f"sources/{name}.toml needs url and token_file and may say {', '.join(sorted(known))}; "
            f"it says besides: {', '.join(unknown) or 'nothing'}"
        )
    lists = {k: tuple(v) for k, v in declared.items() if isinstance(v, list)}
    paths = {k: folder / declared[k] for k in ("token_file", "ca_file") if k in declared}
    try:
        url = str(declared["url"]).rstrip("/")
        return Source(**declared | lists | paths | {"name": name, "url": url})
    except TypeError:
        raise SourceError(f"sources/{name}.toml: a value is of the wrong kind") from None
