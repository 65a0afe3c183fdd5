"""The methods that are compared, and the environments that they run in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
ONE_THREAD = dict.fromkeys(("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
PEERS, OLD = ".venv-quality", ".venv-quality-old"


@attrs.frozen
class Method:
    """One way to choose configurations.

    Args:
        module: of the folder `peers`.
        environment: folder of its environment, empty for the one that this runs in.
        options: for the module's `Optimizer`.
    """

    module: str
    environment: str = ""
    options: dict[str, Any] = attrs.field(factory=dict)

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        if not self.environment:
            return Path(sys.executable)
        return ROOT / self.environment / "bin" / "python"


def _ours(algorithm: str | dict[str, Any], distribution: str) -> Method:
    return Method("of_sherpa", "", {"algorithm": algorithm, "distribution": distribution})


def _optuna(sampler: str, **options: Any) -> Method:
    return Method("of_optuna", PEERS, {"sampler": sampler, **options})


METHODS: dict[str, Method] = {
    "auto": _ours("auto", "sherpa-auto"),
    "gp": _ours("gp", "sherpa-gp"),
    "tpe": _ours("tpe", "sherpa-tpe"),
    "cma-es": _ours("cma-es", "sherpa-cmaes"),
    "random": _ours("random", "sherpa-random"),
    "HEBO": Method("of_hebo", OLD),
    "BoTorch": Method("of_botorch", PEERS),
    "Optuna GP": _optuna("GPSampler"),
    "Optuna TPE": _optuna("TPESampler", multivariate=True, group=True),
    "Optuna TPE univariate": _optuna("TPESampler", multivariate=False),
    "Hyperopt TPE": Method("of_hyperopt", PEERS),
    "SMAC": Method("of_smac", PEERS),
    "GPyOpt": Method("of_gpyopt", OLD),
}
OURS = ("auto", "gp", "tpe", "cma-es")


def _then(later: str) -> Method:
    stages = [{"name": "gp", "max_num_trials": 200}, later]
    return _ours({"name": "chain", "algorithms": stages}, "sherpa-gp")


#: The ways that `auto` may go.
WAYS: dict[str, Method] = {
    "gp": METHODS["gp"],
    "tpe": METHODS["tpe"],
    "gp 200 then tpe": _then("tpe"),
    "gp 200 then cma-es": _then("cma-es"),
}


class Peer:
    """A process that offers one method; serves one run after the other.

    Args:
        method: what it offers.

    Raises:
        FileNotFoundError: its environment is not there.
        RuntimeError: the process failed; says its last words.
    """

    def __init__(self, method: Method) -> None:
        if not method.python.exists():
            raise FileNotFoundError(f"{method.environment} is missing: make bench-quality")
        self.words = tempfile.TemporaryFile()  # noqa: SIM115 - `close` does it
        self.process = subprocess.Popen(
            [
                method.python,
                HERE / "peers" / "serve.py",
                method.module,
                json.dumps(method.options),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.words,
            text=True,
            env={**os.environ, **ONE_THREAD},
        )

    def __call__(self, request: str, given: Any) -> dict[str, Any]:
        """Send one request of `serve.py`, and return the answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        line = ""
        try:
            print(json.dumps({request: given}), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            pass
        if not line:
            self.words.seek(0)
            raise RuntimeError(self.words.read().decode(errors="replace")[-2000:])
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()
        self.words.close()
