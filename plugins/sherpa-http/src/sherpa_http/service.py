"""What the server does with a request: it asks the inner storage, and commits in groups."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sherpa_core.errors import SherpaError
from sherpa_core.events import Event, to_json
from sherpa_http.protocol import OPERATIONS, PIECE, describe_error

_STEP = 500  # events that are read from the inner storage at once
_Result = TypeVar("_Result")

logger = logging.getLogger(__name__)


class BadRequest(Exception):
    """A request that says something else than the protocol allows; a sentence says what."""


class Service:
    """Answers requests from a storage.

    Appends that arrive while one is being written wait and are then written together, in one
    transaction where the storage can do that: many clients at once cost one commit.

    Args:
        storage: the inner storage.
    """

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self._waiting: list[tuple[str, Sequence[Event], asyncio.Future[int]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._writer = ThreadPoolExecutor(1, "sherpa-http-writer")
        self._readers = ThreadPoolExecutor(2, "sherpa-http-reader")

    def close(self) -> None:
        """Wait until all that was begun is done."""
        self._writer.shutdown()
        self._readers.shutdown()

    async def answer(self, operation: str, body: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer to a request."""
        try:
            if operation not in OPERATIONS:
                return 404, _encoded({"message": f"there is no operation {operation[:80]!r}"})
            return 200, await self._perform(operation, _decoded(body))
        except BadRequest as error:
            return 400, _encoded({"message": str(error)})
        except Exception as error:
            if not isinstance(error, SherpaError):
                logger.exception("the served storage failed in %s", operation)
            status, found = describe_error(error)
            return status, _encoded(found)

    async def _perform(self, operation: str, request: Mapping[str, Any]) -> bytes:
        if operation == "list":
            return _encoded({"studies": await self._read(self._storage.list_studies)})
        study = _field(request, "study", str)
        if operation == "append":
            events = _field(request, "events", list)
            if not all(isinstance(event, dict) for event in events):
                raise BadRequest("'events' must hold JSON objects")
            return b'{"position":%d}' % await self._append(study, events)
        if operation == "delete":
            await self._in_turn(lambda: self._storage.delete_study(study))
            return b"{}"
        after = _field(request, "after", int)
        limit = None if request.get("limit") is None else _field(request, "limit", int)
        return await self._read(lambda: self._page(study, after, limit))

    def _page(self, study: str, after: int, limit: int | None) -> bytes:
        """Return events until their text is long enough for one answer."""
        texts: list[str] = []
        count = size = 0
        more = True
        while more and size < PIECE:
            wanted = _STEP if limit is None else min(_STEP, limit - count)
            events = self._storage.read(study, after + count, wanted)
            if events:
                texts.append(to_json(events)[1:-1])
                size += len(texts[-1])
                count += len(events)
            more = len(events) == wanted and count != limit
        return f'{{"more":{str(more).lower()},"events":[{",".join(texts)}]}}'.encode()

    async def _read(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def _in_turn(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def _append(self, study: str, events: Sequence[Event]) -> int:
        written: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((study, events, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await written

    async def _write(self) -> None:
        """Write what waits until nothing does."""
        while self._waiting:
            group, self._waiting = self._waiting, []
            batches = [(study, events) for study, events, _ in group]
            outcomes = await self._in_turn(lambda batches=batches: self._commit(batches))  # type: ignore[misc]
            for (*_, written), outcome in zip(group, outcomes, strict=True):
                if written.done():  # its client has gone
                    continue
                if isinstance(outcome, Exception):
                    written.set_exception(outcome)
                else:
                    written.set_result(outcome)
        self._writing = None

    def _commit(self, batches: list[tuple[str, Sequence[Event]]]) -> Sequence[int | Exception]:
        """Append the batches; what becomes of each is returned, also an error."""
        append_many = getattr(self._storage, "append_many", None)
        try:
            if append_many is not None:
                found: Sequence[int | Exception] = append_many(batches)
                return found
        except Exception as error:  # noqa: BLE001 - each of the clients is told
            return [error] * len(batches)
        return [self._append_one(*batch) for batch in batches]

    def _append_one(self, study: str, events: Sequence[Event]) -> int | Exception:
        try:
            position: int = self._storage.append(study, events)
        except Exception as error:  # noqa: BLE001 - the client is told
            return error
        return position


def _encoded(answer: Mapping[str, Any]) -> bytes:
    return to_json(answer).encode()


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, numbers too long, nested too deep
        raise BadRequest("the body is not JSON") from None
    if not isinstance(request, dict):
        raise BadRequest("the body must be a JSON object")
    return request


def _field(request: Mapping[str, Any], name: str, kind: type[_Result]) -> _Result:
    value = request.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadRequest(f"{name!r} must be a JSON {_NAMES[kind]}")
    if isinstance(value, int) and not 0 <= value < 2**63:
        raise BadRequest(f"{name!r} must be at least 0 and below 2**63")
    return value


_NAMES: dict[type, str] = {str: "string", list: "array", int: "integer"}
