"""What client and server agree on: paths, limits, and how errors travel.

Every request is `POST /sherpa/1/OPERATION` with the token as `Authorization: Bearer TOKEN` and a
JSON object as its body; every answer is a JSON object:

==========  =======================================  ==========================================
operation   request                                  answer
==========  =======================================  ==========================================
`append`    `study`, `events`                        `position`, as `StorageSpec.append` returns
`read`      `study`, `after`, `limit` (or null)      `events`, and whether there are `more`
`list`      nothing                                  `studies`
`delete`    `study`                                  nothing
==========  =======================================  ==========================================
"""

from __future__ import annotations

from typing import Any

from sherpa_core.errors import Conflict, SherpaError, StorageError, UserError

#: The version of this protocol; every answer to the right token carries it in this header.
VERSION = "1"
VERSION_HEADER = "sherpa-storage"
PREFIX = f"/sherpa/{VERSION}/"
OPERATIONS = ("append", "read", "list", "delete")

#: The longest body of a request that a server accepts, in bytes. One event fits in any case.
MAX_BODY = 8_000_000
#: Size in bytes above which a client starts another request, and a server another page.
PIECE = 1_000_000

_STATUS: dict[str, int] = {"conflict": 409, "user": 422, "storage": 503}


def describe_error(error: Exception) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON of what a storage has raised."""
    if isinstance(error, Conflict):
        kind: str = "conflict"
    elif isinstance(error, UserError):
        kind = "user"
    else:
        kind = "storage"
    found: dict[str, Any] = {"error": kind, "message": str(error)}
    if not isinstance(error, SherpaError):
        found["message"] = f"{type(error).__name__}: {error}"
    if isinstance(error, Conflict):
        found |= {"key": error.key, "index": error.index}
    return _STATUS[kind], found


def error_of(answer: dict[str, Any], server: str) -> SherpaError:
    """Return the error that an answer describes.

    Args:
        answer: what `describe_error` returned there.
        server: who answered, in words.
    """
    match answer.get("error"):
        case "conflict":
            return Conflict(str(answer.get("key")), int(answer.get("index", 0)))
        case "user":
            return UserError(str(answer.get("message")))
        case _:
            return StorageError(f"{server} reports: {answer.get('message')}")
