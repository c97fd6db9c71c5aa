"""An endpoint over HTTP: one question, one answer, asked again while the fault may pass.

The token is read from its file for every request. A fault is told by the path asked for and the
kind of fault; never by an address, whose query may hold identifiers, nor by what was answered.
"""

import datetime as dt
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urlencode

import urllib3
from urllib3 import exceptions as faults

from pipelines.connectors.source import Source

Query = Sequence[tuple[str, str]]

ATTEMPTS = 6
LONGEST_BACKOFF = 60.0
MOST_BYTES = 256 << 20
READ_AT_ONCE = 1 << 20
PASSING = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
ADVICE = {
    HTTPStatus.BAD_REQUEST: "the endpoint does not take this question; compare its documentation",
    HTTPStatus.UNAUTHORIZED: "it does not take the token; put a fresh one into {token_file}",
    HTTPStatus.FORBIDDEN: "the token does not open this; ask the owner of the system for access",
    HTTPStatus.NOT_FOUND: "it has no such path; look at url and deliver in sources/{name}.toml",
}
UNREACHABLE = {
    faults.NameResolutionError: "the host's name is unknown; look at url in {own}",
    faults.NewConnectionError: "nobody answers there; look at url in {own}",
    faults.TimeoutError: "the endpoint does not answer in time",
}
"""Faults of a connection in words, the special ones first."""

DISTRUST = (
    "the endpoint's certificate cannot be trusted; name the authority's certificate as ca_file"
)
GOES_ON = "; the same command goes on where this stopped"


class PullError(RuntimeError):
    """A pull cannot be finished; the message says why and what to do, and names nobody."""


class AnswerError(PullError):
    """The endpoint answered that it will not answer.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class PassingError(Exception):
    """A fault that may have passed when the same is asked again.

    Attributes:
        wait: Seconds the server asks to wait; None if it does not say.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        self.wait = wait
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered.

    Attributes:
        content: The JSON object.
        at: When, by the server's clock.
    """

    content: dict[str, Any]
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A connection to a source.

    Attributes:
        source: Where it is.
        pool: Connections, kept open.
        wait: Waits a number of seconds.
        tell: Told of every wait, in words for the operator.
    """

    source: Source
    pool: urllib3.PoolManager
    wait: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = field(default=lambda _: None)

    @classmethod
    def of(cls, source: Source, *, tell: Callable[[str], None] = lambda _: None) -> Self:
        """An endpoint that verifies certificates and logs no address."""
        for name in ("urllib3.connectionpool", "urllib3.util.retry"):
            logging.getLogger(name).setLevel(logging.ERROR)
        certificates = str(source.ca_file) if source.ca_file else None
        pool = urllib3.PoolManager(timeout=source.timeout or None, ca_certs=certificates)
        return cls(source, pool, tell=tell)

    def ask(self, path: str, query: Query = (), *, shown: str = "") -> Answer:
        """Ask until there is an answer.

        Args:
            path: Below the base address.
            query: Parameters in order; a list is one parameter repeated.
            shown: The path in messages, where ``path`` holds an identifier.

        Raises:
            AnswerError: If the endpoint refuses.
            PullError: If no usable answer came in the end.
            SourceError: If the token cannot be read.
        """
        shown = shown or path
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._answer(path, query, shown)
            except PassingError as fault:
                self._pause(shown, fault, attempt)
        raise AssertionError

    def _pause(self, shown: str, fault: PassingError, attempt: int) -> None:
        """Wait before the next attempt.

        Raises:
            PullError: If there is none, or the server asks for more patience than there is.
        """
        seconds = min(2.0 ** (attempt - 1), LONGEST_BACKOFF) if fault.wait is None else fault.wait
        if attempt == ATTEMPTS:
            raise PullError(f"{shown}: {fault}, {attempt} times in a row{GOES_ON}") from None
        if seconds > self.source.patience:
            raise PullError(
                f"{shown}: {fault} and asks to wait {seconds:.0f} s, more than patience in "
                f"sources/{self.source.name}.toml{GOES_ON}"
            ) from None
        if seconds:
            self.tell(f"{shown}: {fault}; asking again in {seconds:.0f} s")
        self.wait(seconds)

    def _answer(self, path: str, query: Query, shown: str) -> Answer:
        token = self.source.token()
        address = f"{self.source.url}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        headers["Accept-Encoding"] = "gzip"
        try:
            response = self.pool.request(
                "GET", address, headers=headers, retries=False, preload_content=False
            )
            with response:
                if response.status != HTTPStatus.OK:
                    raise self._refusal(response, shown, token)
                body = _body(response, shown)
        except faults.HTTPError as fault:
            raise self._unreachable(fault, shown) from None
        return Answer(_as_object(body, shown), _moment(response.headers.get("Date")))

    def _refusal(
        self, response: urllib3.BaseHTTPResponse, shown: str, token: str
    ) -> PassingError | AnswerError:
        status = response.status
        if status == HTTPStatus.UNAUTHORIZED and self.source.token() != token:
            return PassingError("the token was renewed", wait=0)
        if status in PASSING:
            return PassingError(f"the endpoint answers {status}", _asked_wait(response))
        advice = ADVICE.get(HTTPStatus(status)) if status in set(HTTPStatus) else None
        words = (advice or "look at url in sources/{name}.toml").format(
            name=self.source.name, token_file=self.source.token_file.name
        )
        return AnswerError(status, f"{shown}: the endpoint answers {status}: {words}{GOES_ON}")

    def _unreachable(self, fault: faults.HTTPError, shown: str) -> PassingError | PullError:
        """The fault in words of ours: the library's quote the address."""
        own = f"sources/{self.source.name}.toml"
        if isinstance(fault, faults.SSLError):
            words = DISTRUST if "CERTIFICATE" in str(fault) else "there is no https; look at url"
            return PullError(f"{shown}: {words} in {own}")
        found = (words for kind, words in UNREACHABLE.items() if isinstance(fault, kind))
        return PassingError(next(found, "the connection broke off").format(own=own))


def _body(response: urllib3.BaseHTTPResponse, shown: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.stream(READ_AT_ONCE, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise PullError(f"{shown}: a page is over {MOST_BYTES >> 20} MB; set page_size lower")
    return b"".join(parts)


def _as_object(body: bytes, shown: str) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise PassingError("the answer is no JSON") from None
    if not isinstance(content, dict):
        raise PullError(f"{shown}: the answer is not of SS 12000; look at url")
    return content


def _asked_wait(response: urllib3.BaseHTTPResponse) -> float | None:
    """``Retry-After``, in seconds or as a date."""
    written = response.headers.get("Retry-After")
    if not written:
        return None
    try:
        return max(float(urllib3.Retry().parse_retry_after(written)), 0.0)
    except faults.HTTPError:
        return None


def _moment(written: str | None) -> dt.datetime:
    try:
        moment = parsedate_to_datetime(written or "")
    except ValueError:
        return dt.datetime.now(dt.UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
