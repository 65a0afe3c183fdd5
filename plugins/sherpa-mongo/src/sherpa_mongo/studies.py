"""Which studies there are: one document each, which names the study's log."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import quote
from uuid import uuid4

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from sherpa_core.errors import StorageError
from sherpa_mongo.connection import Document

#: What this version writes; a study of a higher one is refused.
VERSION = 1
_LONGEST = 200  # characters of an `_id`: servers limit what an index holds

Log = str  # the id of a study's log: another one when a study is deleted and created again


def short(text: str) -> str:
    """Return a text as a part of an `_id`: itself, or a digest where it is too long."""
    plain = quote(text, safe=" ")
    if len(plain) <= _LONGEST:
        return plain
    return f"{plain[:_LONGEST]}~{hashlib.sha256(text.encode()).hexdigest()}"


def find(database: Database[Document], study: str) -> Log | None:
    """Return the log of a study, None if there is no such study.

    Raises:
        StorageError: it was written by a newer version, or not by this plugin.
    """
    found = database.studies.find_one({"_id": short(study)})
    return None if found is None else _checked(found, study)


def find_or_create(database: Database[Document], study: str) -> Log:
    """Return the log of a study, a new one if there was none."""
    found = find(database, study)
    if found is not None:
        return found
    database.log.create_index([("page", 1), ("number", 1)])
    database.inbox.create_index("log")
    log = uuid4().hex[:16]
    try:
        database.studies.insert_one(
            {"_id": short(study), "study": study, "log": log, "version": VERSION}
        )
    except DuplicateKeyError:  # somebody else was faster, and may even have deleted it again
        return find_or_create(database, study)
    return log


def names(database: Database[Document]) -> Sequence[str]:
    """Return the names of the studies that have events, sorted."""
    return sorted(
        found["study"]
        for found in database.studies.find()
        if database.log.find_one({"_id": f"{_checked(found, found['_id'])}/1"}, {"_id": 1})
    )


def delete(database: Database[Document], study: str) -> None:
    """Remove a study: its name at once, so that nobody finds the rest while that goes."""
    log = find(database, study)
    if log is None:
        return
    database.studies.delete_one({"_id": short(study), "log": log})
    mine = {"_id": {"$gte": f"{log}/", "$lt": f"{log}0"}}  # 0 comes behind the slash
    for collection in (database.log, database.keys, database.hints):
        collection.delete_many(mine)
    database.inbox.delete_many({"log": log})


def _checked(found: Document, study: str) -> Log:
    version, log = found.get("version"), found.get("log")
    if not isinstance(version, int) or not isinstance(log, str):
        raise StorageError(
            "the database belongs to another program: its collection `studies` is not SHERPA's; "
            "name another database in the URL"
        )
    if version > VERSION:
        raise StorageError(
            f"the study {study!r} was written by a newer sherpa-mongo (its version is {version}, "
            f"this one reads {VERSION}); install the newer one"
        )
    return log
