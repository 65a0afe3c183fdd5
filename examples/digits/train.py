"""One trial: cross-validates a support vector machine on more and more training data."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # trials share the machine: one thread each, set before NumPy loads

from model import SHARES, error, make_model

from sherpa_core import Client

client = Client()
trial = client.get_trial()
for share in SHARES:
    misread = error(lambda: make_model(**trial.parameters), share)
    client.send_metrics(
        trial,
        iteration=share,
        objective=misread,
        context={"accuracy": 1 - misread / 100},
    )
