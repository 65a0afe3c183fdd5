"""The names that are handed out to jobs, GPUs mostly, and who holds which."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from sherpa_core.errors import UserError, listed


class Pool:
    """Names that jobs hold, each one by one job at a time.

    Args:
        names: the names, None for those in CUDA_VISIBLE_DEVICES of this process.
    """

    def __init__(self, names: Sequence[str] | None) -> None:
        if names is None:
            visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
            names = [name.strip() for name in visible if name.strip() not in ("", "-1")]
        self.names = tuple(names)
        self._free = list(names)
        self._held: dict[str, list[str]] = {}

    def check(self, gpus: int) -> None:
        """Raise `UserError` if a job asks for more GPUs than there are."""
        if gpus > len(self.names):
            raise UserError(
                f"a trial asks for {gpus} GPUs, but the local scheduler has {listed(self.names)}: "
                "ask for fewer, or name more in its option `resources` (without which those in "
                "CUDA_VISIBLE_DEVICES count)"
            )

    def free(self, count: int) -> str | None:
        """Return that many free names, joined by commas; None if there are not so many."""
        return ",".join(self._free[:count]) if count <= len(self._free) else None

    def hold(self, job: str, names: str) -> None:
        """Note that a job holds what `free` returned, to this process or another one."""
        if names and job not in self._held:
            self._held[job] = [names] if names in self.names else names.split(",")
            for name in self._held[job]:
                with suppress(ValueError):  # an adopted job may hold what is not offered any more
                    self._free.remove(name)

    def is_known(self, job: str) -> bool:
        """Return whether a job holds something."""
        return job in self._held

    def release(self, job: str) -> None:
        """Take back what a job holds, if anything."""
        self._free += [name for name in self._held.pop(job, ()) if name in self.names]
