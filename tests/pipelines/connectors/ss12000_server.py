"""A real HTTP server that serves a city by the 2.1.0 specification, with faults on order."""

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from tests.pipelines.connectors.ss12000_city import City

PAGE = 150
TIMES = {"startTime.onOrAfter": ("startTime", 1), "startTime.onOrBefore": ("startTime", -1)}
DATES = {
    "registeredDate.onOrAfter": ("registeredDate", 1),
    "registeredDate.onOrBefore": ("registeredDate", -1),
    "startDate.onOrBefore": ("startDate", -1),
    "endDate.onOrAfter": ("endDate", 1),
}
FILTERS = {
    "organisations": {"meta.modified.after"},
    "syllabuses": {"meta.modified.after"},
    "persons": {"meta.modified.after", "relationship.entity.type"},
    "activities": {
        "meta.modified.after", "organisation", "startDate.onOrBefore", "endDate.onOrAfter",
    },
    "groups": {"meta.modified.after", "groupType", "startDate.onOrBefore", "endDate.onOrAfter"},
    "calendarEvents": {*TIMES, "meta.modified.after", "organisation", "expand"},
    "attendances": {"meta.modified.after", "organisation", "calendarEvent"},
    "aggregatedAttendance": {"startDate", "endDate", "organisation"},
    "grades": {"meta.modified.after", "organisation", "registeredDate.onOrAfter"},
    "deletedEntities": {"after", "entities"},
}  # fmt: skip
"""Parameters of the specification that a pull may use; any other is answered with 400."""
DELETED_KEYS = {
    "Organisation": "organisations", "Syllabus": "syllabuses",
    "Activity": "activitites",  # codespell:ignore
    "Group": "groups", "Person": "persons", "CalendarEvent": "calendarEvents",
    "Attendance": "attendances", "Grade": "grades",
}  # fmt: skip


class RefusedError(Exception):
    """The server answers with a status other than 200."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers or {}
        super().__init__(status)


@dataclass
class Server:
    """What is served, to whom, and what goes wrong.

    Attributes:
        city: The entities.
        tokens: Bearer tokens that are taken.
        faults: Name of a fault by the number of the request it strikes; the first is 1.
        before: Called with the number of each request before it is answered.
        lacks: Paths that the server does not implement.
        expands: Whether events bring their attendances.
        asked: Path and parameters of every request.
        url: Base address.
    """

    city: City
    tokens: set[str] = field(default_factory=lambda: {"first-token"})
    faults: dict[int, str] = field(default_factory=dict)
    before: Callable[[int], None] = lambda _: None
    lacks: set[str] = field(default_factory=set)
    expands: bool = True
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, query: dict[str, list[str]]) -> dict:
        """The JSON of a page or of one entity.

        Raises:
            RefusedError: As the specification says.
        """
        kind, _, key = path.removeprefix("/v2.0/").partition("/")
        if kind in self.lacks or kind not in FILTERS:
            raise RefusedError(404)
        if key:
            return self.one(kind, key)
        if "pageToken" in query:
            if set(query) - {"pageToken", "limit"}:
                raise RefusedError(400)
            query = _unpacked(query["pageToken"][0])
        if set(query) - FILTERS[kind] - {"limit", "from"}:
            raise RefusedError(400)
        return self.page(kind, query)

    def one(self, kind: str, key: str) -> dict:
        """One entity by its id."""
        if key not in self.city.entities[kind]:
            raise RefusedError(404)
        return self.city.entities[kind][key]

    def page(self, kind: str, query: dict[str, list[str]]) -> dict:
        """One page, from the place its token says."""
        if kind == "deletedEntities":
            return {"data": self.gone(query), "pageToken": None}
        first = int(query.pop("from", ["0"])[0])
        size = int(query.get("limit", [str(PAGE)])[0])
        entities = [one for one in self.city.entities[kind].values() if _fits(one, kind, query)]
        if query.get("expand") == ["attendance"] and self.expands:
            entities = self.expanded(entities)
        rest = first + size < len(entities)
        token = _packed(query | {"from": [str(first + size)]}) if rest else None
        return {"data": entities[first : first + size], "pageToken": token}

    def expanded(self, events: list[dict]) -> list[dict]:
        """Events with their attendances."""
        own: dict[str, list[dict]] = {event["id"]: [] for event in events}
        for one in self.city.entities["attendances"].values():
            own.get(one["calendarEvent"]["id"], []).append(one)
        return [event | {"_embedded": {"attendance": own[event["id"]]}} for event in events]

    def gone(self, query: dict[str, list[str]]) -> dict[str, list[str]]:
        """What was deleted after a time, under the specification's keys."""
        after = dt.datetime.fromisoformat(query["after"][0])
        found: dict[str, list[str]] = {}
        for name, key, at in self.city.deleted:
            if at > after and name in query["entities"]:
                found.setdefault(DELETED_KEYS[name], []).append(key)
        return found


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    served: Server

    def do_GET(self) -> None:
        """Answer, or do what a fault says instead."""
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        self.served.asked.append((address.path.removeprefix("/v2.0"), query))
        number = len(self.served.asked)
        self.served.before(number)
        fault = self.served.faults.get(number, "")
        try:
            self.refuse_by(fault)
            content = self.served.answer(address.path, query)
        except RefusedError as refused:
            body = json.dumps({"code": str(refused.status), "message": "Hemlig"}).encode()
            self.send(refused.status, body, refused.headers)
            return
        body = json.dumps(self.changed_by(fault, content, query)).encode()
        self.send(200, body[: len(body) // 2] if fault == "broken JSON" else body, {}, fault)

    def refuse_by(self, fault: str) -> None:
        """Answer with what the fault says, or because the token is not taken."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.served.tokens:
            raise RefusedError(401)
        if fault.isdigit():
            raise RefusedError(int(fault), {"Retry-After": "7"} if fault == "429" else {})

    def changed_by(self, fault: str, content: dict, query: dict[str, list[str]]) -> dict:
        """The page as the fault has it."""
        if fault == "page again":
            asked = _unpacked(query["pageToken"][0]) if "pageToken" in query else query
            return content | {"pageToken": _packed(asked | {"again": ["1"]})}
        if fault == "circle":
            return content | {"pageToken": query["pageToken"][0]}
        if fault == "not of the specification":
            return {"items": []}
        return content

    def send(self, status: int, body: bytes, headers: dict[str, str], fault: str = "") -> None:
        """Send an answer, all of it or the first half."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if fault == "dropped":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(city: City, **choices) -> Iterator[Server]:
    """A server of a city on this machine, until the block ends."""
    served = Server(city, **choices)
    handler = type("CityHandler", (Handler,), {"served": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        listening.daemon_threads = True
        served.url = f"http://127.0.0.1:{listening.server_port}/v2.0"
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            listening.shutdown()
            thread.join()


def _fits(entity: dict, kind: str, query: dict[str, list[str]]) -> bool:
    return all(_passes(entity, kind, name, value[0]) for name, value in query.items())


def _passes(entity: dict, kind: str, name: str, value: str) -> bool:
    """Whether an entity passes one filter; one without an end passes every filter of ends."""
    if name == "meta.modified.after":
        return _moment(entity["meta"]["modified"]) > _moment(value)
    if name == "groupType":
        return entity["groupType"] == value
    if name == "calendarEvent":
        return entity["calendarEvent"]["id"] == value
    if name == "relationship.entity.type":
        return bool(entity.get("enrolments"))
    own, sign = (TIMES if kind == "calendarEvents" else DATES).get(name, ("", 0))
    if own == "startTime":
        return sign * (_moment(entity[own]) - _moment(value)).total_seconds() >= 0
    found = entity.get(own, value)
    return sign * ((found > value) - (found < value)) >= 0


def _moment(written: str) -> dt.datetime:
    return dt.datetime.fromisoformat(written)


def _packed(query: dict[str, list[str]]) -> str:
    return base64.urlsafe_b64encode(json.dumps(query, sort_keys=True).encode()).decode()


def _unpacked(token: str) -> dict[str, list[str]]:
    try:
        query = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        raise RefusedError(400) from None
    query.pop("again", None)
    return query
