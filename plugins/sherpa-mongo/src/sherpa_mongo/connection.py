"""A client that connects when needed and is never shared with a forked process."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any

from pymongo import MongoClient, ReadPreference
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from sherpa_mongo.address import Address

Document = dict[str, Any]


class Connection:
    """The client of one storage object.

    Args:
        address: what its URL says.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._client: MongoClient[Document] | None = None
        self._close: Any = None
        _connections.add(self)

    def database(self) -> Database[Document]:
        """Return the database as those see it who write: with all that the primary has."""
        return self._opened().get_database(
            self._address.database, read_preference=ReadPreference.PRIMARY
        )

    def settled(self) -> Database[Document]:
        """Return the database as those see it who read: what a failover may take back is left out.

        A server that stands alone has nothing of that kind.
        """
        database = self.database()
        if database.client.topology_description.topology_type_name in ("Single", "Unknown"):
            return database
        return database.with_options(read_concern=ReadConcern("majority"))

    def close(self) -> None:
        """Close the client; the next command opens another one."""
        with self._lock:
            self._client = None
            if self._close is not None:
                self._close()

    def _opened(self) -> MongoClient[Document]:
        client = self._client
        if client is not None:
            return client
        with self._lock:
            if self._client is None:
                client = MongoClient(self._address.url, **self._address.options)
                try:
                    client.admin.command("ping")  # from here on it knows what kind of server it is
                except BaseException:
                    client.close()
                    raise
                self._close = weakref.finalize(self, client.close)
                self._client = client
            return self._client

    def _abandon(self) -> None:
        """Forget the parent's client: its connections and threads are not this process's."""
        self._lock = threading.Lock()
        if self._close is not None:
            self._close.detach()
        _inherited.append(self._client)
        self._client = self._close = None


_connections: weakref.WeakSet[Connection] = weakref.WeakSet()
_inherited: list[Any] = []  # kept, since closing them would talk on the parent's connections


def _after_fork() -> None:
    for connection in list(_connections):
        connection._abandon()


os.register_at_fork(after_in_child=_after_fork)
