"""The trial script of `study.py`."""

import os

from study import train

import sherpa_core as sherpa

if __name__ == "__main__":
    client = sherpa.Client()
    trial = client.get_trial()
    train(
        os.environ["SHERPA_OUTPUT_DIR"],
        trial,
        lambda objective, iteration: client.send_metrics(trial, iteration, objective),
    )
