"""The HTML pages: templates, static files, and the import map of the page's modules."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, *, title: str, root: str, token: str = "", report: Any = None) -> str:
    """Return a page.

    Args:
        template: the template's name.
        title: the page's title.
        root: the relative address of the server's root.
        token: what changes need.
        report: the parts of a report, see `report.py`; None for a page of a server.
    """
    return (
        _environment()
        .get_template(template)
        .render(
            title=title,
            root=root,
            token=token,
            asset=partial(asset, root),
            import_map=Markup(import_map(root)),
            report=report,
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )


def modules() -> dict[str, Path]:
    """Return the page's own JavaScript modules by the names under which they import each other."""
    folder = STATIC / "js"
    return {
        f"sherpa/{path.relative_to(folder).as_posix()}": path
        for path in sorted(folder.rglob("*.js"))
    }


@cache
def asset_version() -> str:
    """Return a text that changes when a static file does: browsers keep the files till then."""
    digest = hashlib.sha256(version("sherpa-flask").encode())
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def asset(root: str, path: str) -> str:
    """Return the relative address of a static file.

    Args:
        root: the relative address of the server's root, `../../` for a study's page.
        path: the file's path in the folder of static files.
    """
    return f"{root}static/{path}?v={asset_version()}"


def import_map(root: str) -> str:
    """Return the import map of a page: what its modules call each other, and where they are."""
    addresses = {
        name: asset(root, path.relative_to(STATIC).as_posix()) for name, path in modules().items()
    }
    return as_import_map(addresses)


def as_import_map(addresses: dict[str, str]) -> str:
    """Return the JSON of an import map."""
    return json.dumps({"imports": addresses}, separators=(",", ":"))


def policy(roots: list[str]) -> str:
    """Return the Content-Security-Policy: everything from this server, nothing inline.

    Args:
        roots: the relative roots of the pages whose import maps are allowed.
    """
    maps = hashes(import_map(root) for root in roots)
    return (
        f"default-src 'none'; script-src 'self' {maps}; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    )


def hashes(texts: Iterable[str]) -> str:
    """Return what a Content-Security-Policy calls these inline scripts or styles."""
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
