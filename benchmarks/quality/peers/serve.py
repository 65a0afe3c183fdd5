"""Offers one optimizer on standard input and output; runs in the optimizer's own environment.

`serve.py MODULE OPTIONS` reads JSON lines and answers each with one:

- `{"start": {"space": ..., "seed": ..., "trials": ...}}`: the versions that are used
- `{"ask": n}`: n configurations and the seconds that finding them took
- `{"tell": [values]}`: the seconds; the values are of the configurations that were asked for last
- `{"add": [[configuration, value], ...]}`: the seconds; finished trials that it did not ask for
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import sys
import time
import warnings
from importlib.metadata import version
from typing import Any


def main() -> None:
    module = importlib.import_module(sys.argv[1])
    options = json.loads(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    optimizer: Any = None
    for line in sys.stdin:
        [(request, given)] = json.loads(line).items()
        answer: dict[str, Any] = {}
        if request == "start":
            _seed(given["seed"])
            optimizer = module.Optimizer(**given, **options)
            answer["versions"] = {name: version(name) for name in module.DISTRIBUTIONS}
        elif request == "ask":
            start = time.perf_counter()
            answer["configurations"] = optimizer.ask(given)
            answer["seconds"] = time.perf_counter() - start
        else:
            start = time.perf_counter()
            getattr(optimizer, request)(given)
            answer["seconds"] = time.perf_counter() - start
        print(json.dumps(answer), file=answers, flush=True)


def _seed(seed: int) -> None:
    """Seed what libraries draw from behind their callers' backs."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
    with contextlib.suppress(ImportError):
        import torch

        torch.manual_seed(seed)
        torch.set_num_threads(1)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
