"""What a storage URL says: the servers, the database, and how to talk to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote

import attrs
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from sherpa_core.errors import UserError

_DATABASE = "sherpa"

#: What holds where the URL does not say otherwise. A write that was acknowledged is on the disks
#: of a majority; a server that is out of reach is an error soon enough to be tried again.
_DEFAULTS: dict[str, Any] = {
    "appname": "sherpa",
    "connectTimeoutMS": 5_000,
    "journal": True,
    "serverSelectionTimeoutMS": 5_000,
    "socketTimeoutMS": 60_000,
    "w": "majority",
}


@attrs.frozen
class Address:
    """Where the studies are.

    Args:
        url: the URL, with whatever secrets it carries.
        place: servers and database without them: what errors and `repr` show.
        database: the database's name.
        first: host and port of the first server.
        options: options of the client that the URL leaves open.
    """

    url: str = attrs.field(repr=False)
    place: str
    database: str
    first: tuple[str, int]
    options: dict[str, Any]


def parse(url: str) -> Address:
    """Return what a URL says.

    Args:
        url: `mongodb://[user:password@]host[:port][,...][/database][?options]`, or
            `mongodb+srv://...`, whose servers a name server lists.

    Raises:
        UserError: it is no such URL, or one of its options is wrong.
    """
    scheme, _, rest = url.partition("://")
    before, _, query = rest.partition("?")
    authority, _, name = before.partition("/")
    secret, _, hosts = authority.rpartition("@")
    if not hosts:
        raise UserError("a MongoDB URL names no host: write mongodb://host:port/database")
    place = f"{scheme}://{hosts}/{name or _DATABASE}"
    given = {key.lower(): value for key, value in parse_qsl(query, keep_blank_values=True)}
    first = hosts, 27017
    try:
        if scheme == "mongodb":  # the other kind takes a name server: it is checked when used
            first = parse_uri(url, validate=True, warn=False)["nodelist"][0]
    except (PyMongoError, ValueError, OSError) as error:
        password = secret.partition(":")[2]
        words = str(error).replace(password, "...") if password else str(error)
        raise UserError(f"the storage URL {place} is not right: {words}") from None
    if given.get("w") == "0":
        raise UserError(
            f"the storage URL {place} says w=0, and nobody would know what was stored; leave it "
            "out: then a majority of the servers confirms each write"
        )
    options = {key: value for key, value in _DEFAULTS.items() if key.lower() not in given}
    return Address(url, place, unquote(name) or _DATABASE, first, options)
