"""One trial: cross-validates a support vector machine on more and more training data."""

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
