"""What PyMongo's errors mean, in one sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from sherpa_core.errors import StorageError

_AUTHENTICATION = (18, 8000)  # MongoDB's number, and that of Atlas
_UNAUTHORIZED = 13
_LONGEST = 300  # characters of the server's own words


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Raise a `StorageError` with one sentence instead of what PyMongo raises.

    Args:
        place: the database, as errors may show it.
    """
    try:
        yield
    except (PyMongoError, OSError) as error:
        raise StorageError(f"the database {place} {_meaning(error)}") from error


def _meaning(error: Exception) -> str:
    words = _words(error)
    match error:
        case ServerSelectionTimeoutError():
            return _unreachable(str(error), words)
        case NetworkTimeout() | WTimeoutError():
            return f"did not answer in time ({words}); what was sent may be sent again"
        case ConnectionFailure():
            return f"broke the connection off ({words}); what was sent may be sent again"
        case OperationFailure(code=code) if code in _AUTHENTICATION:
            return f"refused user name or password ({words}); check them, and authSource"
        case OperationFailure(code=code) if code == _UNAUTHORIZED:
            return f"does not let this user in ({words}); name one with the role readWrite"
        case ConfigurationError() | OSError():  # a certificate that is not there, for one
            return f"cannot be used with the options of its URL ({words})"
    return f"failed: {type(error).__name__}: {words}"


def _unreachable(text: str, words: str) -> str:
    if "error=ProtocolError" in text or "InvalidBSON" in text:
        return f"is not served by MongoDB: something else answers there ({words}); check the port"
    if "connection closed" in text:
        return (
            f"closes the connection ({words}): check that a MongoDB server listens there, and "
            "whether it wants tls=true in the URL"
        )
    if "SSL" in text or "certificate" in text:
        return f"cannot be reached with TLS ({words}); check tls and tlsCAFile in the URL"
    return f"does not answer ({words}); is the server running, are host, port and tls right?"


def _words(error: Exception) -> str:
    if isinstance(error, OperationFailure) and error.details:
        text = str(error.details.get("errmsg", error))
    else:
        text = str(error)
    for rest in (", Timeout: ", " (configured timeouts", ", full error: "):
        text = text.partition(rest)[0]
    return " ".join(text.split())[:_LONGEST]
