"""SS 12000: what is asked of an endpoint to have a month, and in which order.

Paging is by ``pageToken``, which the specification lets stand beside ``limit`` alone. A first
pull reads everything; a later one asks for what was modified since and for what was deleted,
and reads whole what has no date of change or can move between months.
"""

import calendar
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pipelines.connectors.endpoint import Answer, AnswerError, Endpoint, PullError, Query
from pipelines.connectors.entities import DELETED_AS, entity_of
from pipelines.connectors.journal import Entity, Journal
from pipelines.connectors.properties import CLASS, LOCAL
from pipelines.connectors.source import Source
from schemas.calendar import months_of_term, term_of_month

OVERLAP = dt.timedelta(minutes=5)
STARTED, DELETIONS, EXPANDED = "started", "tells_deletions", "expands_attendance"
EVENTS_BEFORE = "events an earlier pull had"
NEEDED: Mapping[str, tuple[str, ...]] = {
    "schools": (),
    "enrolments": ("groups", "persons"),
    "attendance": ("activities", "persons", "aggregatedAttendance"),
    "lessons": ("syllabuses", "activities", "persons", "calendarEvents", "attendances"),
    "grades": ("syllabuses", "persons", "grades"),
}
"""Collections a table needs besides the organisations."""

WITHOUT_GROUPS = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED)
"""Answers after which a pull goes on without classes."""

ALWAYS_WHOLE = ("calendarEvents", "aggregatedAttendance")
"""A sum has no date of change; an event that moved into another month is not among the changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a pull is about.

    Attributes:
        source: The endpoint.
        month: Calendar month, ``2016-03``.
        since: Only what changed since, over what an earlier pull had; None for everything.
    """

    source: Source
    month: str
    since: str | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The collections that are read, in order."""
        needed = {kind for table in self.source.deliver for kind in NEEDED[table]}
        order = (
            "syllabuses",
            "activities",
            "groups",
            "persons",
            *ALWAYS_WHOLE,
            "attendances",
            "grades",
        )
        return ("organisations", *(kind for kind in order if kind in needed))

    @property
    def term(self) -> str:
        """The term the month lies in."""
        return term_of_month(self.month)

    @property
    def first_day(self) -> str:
        """First day of the month, ISO."""
        return f"{self.month}-01"

    @property
    def last_day(self) -> str:
        """Last day of the month, ISO."""
        return _last_day(self.month)

    def query(self, kind: str, *, expanded: bool = False) -> Query:
        """The parameters of the first page of a collection."""
        whole: dict[str, list[tuple[str, str]]] = {
            "persons": [("relationship.entity.type", "enrolment")],
            "groups": [
                ("groupType", CLASS),
                ("startDate.onOrBefore", _last_day(months_of_term(self.term)[-1])),
                ("endDate.onOrAfter", f"{months_of_term(self.term)[0]}-01"),
            ],
            "activities": [
                ("startDate.onOrBefore", self.last_day),
                ("endDate.onOrAfter", self.first_day),
            ],
            "calendarEvents": [
                ("startTime.onOrAfter", _start(self.first_day)),
                ("startTime.onOrBefore", _end(self.last_day)),
            ],
            "aggregatedAttendance": [("startDate", self.first_day), ("endDate", self.last_day)],
            "grades": [("registeredDate.onOrAfter", f"{months_of_term(self.term)[0]}-01")],
        }
        own = whole.get(kind, [])
        if self.since and kind not in ALWAYS_WHOLE:
            own = [("meta.modified.after", self.since)]
        if self.source.organisation and kind in OF_ORGANISATION:
            own = [*own, ("organisation", self.source.organisation)]
        return [*own, ("expand", "attendance")] if expanded else own


OF_ORGANISATION = ("activities", "calendarEvents", "attendances", "aggregatedAttendance", "grades")
"""Collections with a filter for the organisation that owns them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A pull under way.

    Attributes:
        asked: What it is about.
        endpoint: Whom it asks.
        journal: What came.
        progress: Told of a collection and how many pages of it came.
    """

    asked: Asked
    endpoint: Endpoint
    journal: Journal
    progress: Callable[[str, int], None]

    def read_all(self) -> None:
        """Read every collection, each from where it was left.

        Raises:
            PullError: If the endpoint cannot be read to the end; what came stays in the journal.
        """
        for kind in self.asked.kinds:
            if kind == "attendances":
                self._read_attendances()
            elif kind == "groups":
                self._read_groups()
            else:
                is_expanded = kind == "calendarEvents" and not self.asked.since
                self._read(kind, self.asked.query(kind, expanded=is_expanded))
        self._read_deletions()

    def fetch(self, kind: str, identifier: str) -> None:
        """Read one entity that others refer to and no page had; none is no fault."""
        try:
            answer = self._ask(f"/{kind}/{identifier}", (), shown=f"/{kind}/{{id}}")
        except AnswerError as error:
            if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.BAD_REQUEST):
                raise
            return
        self.journal.put([entity_of(kind, answer.content)])

    def _read_groups(self) -> None:
        """Read the classes; an endpoint that has or opens none leaves them unknown, and says so."""
        try:
            self._read("groups", self.asked.query("groups"))
        except AnswerError as error:
            if error.status not in WITHOUT_GROUPS:
                raise
            self.endpoint.tell(
                f"/groups: the endpoint answers {error.status}; the pupils' classes stay empty"
            )

    def _read_attendances(self) -> None:
        """Attendances have no date to ask by: they come with their events, or by their change.

        An endpoint that does not expand events is asked for all it has. An event that an
        earlier pull of the month did not have brings attendances that may not have changed.
        """
        if self.asked.since is None:
            if self.journal.said(EXPANDED) is None:
                self._read("attendances", self.asked.query("attendances"))
            return
        self._read("attendances", self.asked.query("attendances"))
        before = self.journal.keys(EVENTS_BEFORE)
        for event in sorted(self.journal.keys("calendarEvents") - before):
            self._read("attendances", [("calendarEvent", event)], task=f"attendances {event}")

    def _read(self, kind: str, query: Query, *, task: str = "") -> None:
        for data in self._pages(task or kind, f"/{kind}", query):
            entities = [entity_of(kind, one) for one in _listed(data.content, kind)]
            if kind == "calendarEvents":
                entities += self._embedded(data)
            self.journal.land(task or kind, entities, _next(data))

    def _embedded(self, page: Answer) -> list[Entity]:
        """The attendances that stand within their events."""
        within = [one.get("_embedded") for one in page.content["data"]]
        lists = [
            one["attendance"] for one in within if isinstance(one, dict) and "attendance" in one
        ]
        if lists and self.journal.said(EXPANDED) is None:
            self.journal.say(EXPANDED, "yes")
        return [entity_of("attendances", one) for found in lists for one in found or ()]

    def _read_deletions(self) -> None:
        """Take away what was deleted; an endpoint without this path is read whole next time."""
        after = self.asked.since or self.journal.said(STARTED) or ""
        kinds = {DELETED_AS[kind][0]: kind for kind in self.asked.kinds if kind in DELETED_AS}
        query = [("after", after), *(("entities", name) for name in kinds)]
        try:
            for page in self._pages("deletedEntities", "/deletedEntities", query):
                gone = list(_deleted(page.content, kinds.values()))
                self.journal.land("deletedEntities", (), _next(page), gone=gone)
        except AnswerError as error:
            if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED):
                raise
            if self.asked.since:
                raise PullError(
                    "/deletedEntities: the endpoint does not say what was deleted; pull --whole"
                ) from None
        else:
            self.journal.say(DELETIONS, "yes")

    def _pages(self, task: str, path: str, query: Query) -> Iterator[Answer]:
        """The pages of a task that are yet to come; the caller lands each before the next.

        Raises:
            PullError: If the pages go round in a circle.
        """
        seen: set[str] = set()
        while not (place := self.journal.place(task)).is_done:
            self.progress(path.lstrip("/"), place.pages)
            token = place.token
            page = None if token is None else self._page(path, token, is_first=not seen)
            if page is None:
                self.journal.restart(task)
                token = None
                page = self._ask(path, [*query, *self._limit()])
            seen |= {token} if token else set()
            if _next(page) in seen:
                raise PullError(
                    f"{path}: the endpoint's pages go round in a circle; report it to its owner"
                )
            yield page

    def _page(self, path: str, token: str, *, is_first: bool) -> Answer | None:
        """A later page; None where the token of an earlier run is no longer taken."""
        try:
            return self._ask(path, [("pageToken", token), *self._limit()])
        except AnswerError as error:
            if error.status != HTTPStatus.BAD_REQUEST or not is_first:
                raise
        return None

    def _limit(self) -> Sequence[tuple[str, str]]:
        size = self.endpoint.source.page_size
        return [("limit", str(size))] if size else []

    def _ask(self, path: str, query: Query, *, shown: str = "") -> Answer:
        answer = self.endpoint.ask(path, query, shown=shown)
        if self.journal.said(STARTED) is None:
            self.journal.say(STARTED, (answer.at - OVERLAP).isoformat(timespec="seconds"))
        return answer


def _last_day(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{month}-{calendar.monthrange(year, number)[1]:02d}"


def _listed(content: Mapping[str, Any], kind: str) -> list[Any]:
    data = content.get("data")
    if not isinstance(data, list):
        raise PullError(f"/{kind}: the answer is not of SS 12000; look at url")
    return data


def _next(page: Answer) -> str | None:
    """The token of the next page; null, missing and empty all end the pages."""
    token = page.content.get("pageToken")
    return str(token) if token else None


def _deleted(content: Mapping[str, Any], kinds: Iterable[str]) -> Iterator[tuple[str, str]]:
    data = content.get("data")
    if not isinstance(data, dict):
        raise PullError("/deletedEntities: the answer is not of SS 12000; look at url")
    for kind in kinds:
        for written in DELETED_AS[kind][1]:
            yield from ((kind, str(key)) for key in data.get(written) or ())


def _start(day: str) -> str:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), LOCAL).isoformat()


def _end(day: str) -> str:
    last = dt.time(23, 59, 59)
    return dt.datetime.combine(dt.date.fromisoformat(day), last, LOCAL).isoformat()
