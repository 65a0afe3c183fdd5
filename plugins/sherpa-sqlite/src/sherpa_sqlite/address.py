"""Where a storage URL points to, and the options it carries."""

from __future__ import annotations

import os
from collections.abc import Collection
from urllib.parse import parse_qsl

from sherpa_core.errors import UserError, listed, nearest

_SCHEME = "sqlite:"


def parse(url: str, options: Collection[str]) -> tuple[str, dict[str, str]]:
    """Return the absolute path of the database and the options behind the `?`.

    Args:
        url: `sqlite:///absolute/study.db`, `sqlite://relative.db` or `sqlite:relative.db`, and
            behind the file's name perhaps `?option=value&option=value`; or a plain path. Paths
            are taken as they are: nothing in them is quoted.
        options: the names that may stand behind the `?`.

    Raises:
        UserError: there is no path, or an option is unknown or has no value.
    """
    path, query = url, ""
    if url.startswith(_SCHEME):
        path = url.removeprefix(_SCHEME).removeprefix("//")
        folder, slash, file = path.rpartition("/")  # a folder's name may hold a `?`
        file, _, query = file.partition("?")
        path = folder + slash + file
    if not path or path.endswith("/") or path == ":memory:" or "\0" in path:
        raise UserError(
            f"the storage URL {url!r} names no file: write sqlite:///absolute/path/study.db or "
            "sqlite:relative.db (memory:// keeps a study in memory)"
        )
    try:
        given = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError:
        raise UserError(f"the storage URL {url!r} has options unlike ?name=value") from None
    for name in given:
        if name not in options:
            raise UserError(
                f"the storage URL {url!r} has an unknown option {name!r}"
                f"{nearest(name, options)}; allowed are {listed(options)}"
            )
    return os.path.realpath(path), given
