"""Looks for other packages named `sherpa`, and explains what to do about them."""

from __future__ import annotations

import warnings
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

#: Distributions that have a module `sherpa` too, and what they are.
NEIGHBOURS = {
    "sherpa": "Sherpa, the X-ray astronomy package",
    "parameter-sherpa": "the earlier SHERPA itself",
}
_HERE = Path(__file__).parent
_OWN = {"__init__.py", "_neighbours.py", "py.typed", "__pycache__"}


def check_alone() -> None:
    """Raise `ImportError` if this folder is shared with another package, else warn of any.

    Raises:
        ImportError: two packages have written their files into one folder `sherpa`. Neither can
            be relied upon then; the message says what to do.
    """
    for name, what in NEIGHBOURS.items():
        found = _installed(name)
        if found is None:
            continue
        who = f"{name} {found.version} ({what})"
        place = Path(str(found.locate_file("sherpa")))
        if place.resolve() == _HERE.resolve():
            raise _shared_with(who, name)
        warnings.warn(
            f"`import sherpa` means the module of sherpa-legacy (hyperparameter optimization) "
            f"here, although {who} is installed too, in {place.parent}. To use both, uninstall "
            "sherpa-legacy and write `import sherpa_core as sherpa`.",
            stacklevel=3,
        )
    strange = sorted(path.name for path in _HERE.iterdir() if path.name not in _OWN)
    if strange:
        raise _shared_with(f"a package that left {strange[0]!r} in {_HERE}", "sherpa")


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _shared_with(who: str, name: str) -> ImportError:
    return ImportError(
        f"the module `sherpa` was installed twice into one folder: by sherpa-legacy "
        f"(hyperparameter optimization) and by {who}. Their files are mixed now. Uninstall both "
        f"and install the one that you need: pip uninstall {name} sherpa-legacy. If you need "
        "both, leave sherpa-legacy out: with `import sherpa_core as sherpa` in place of "
        "`import sherpa`, scripts for SHERPA run without it.",
        name="sherpa",
    )
