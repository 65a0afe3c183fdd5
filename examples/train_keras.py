"""Keras: a small network on handwritten digits, with the callback that a study gives.

    python examples/train_keras.py

needs `pip install sherpa-contrib keras scikit-learn` and a backend of Keras, such as `torch` (then
set KERAS_BACKEND=torch), `jax` or `tensorflow`. You hold the loop over trials; the callback reports
after each epoch, and ends the training when the stopping rule says so.
"""

import argparse

import keras
from sklearn.datasets import load_digits

import sherpa_core as sherpa

EPOCHS = 8

parameters = [
    sherpa.Continuous("lr", [1e-4, 1e-1], scale="log"),
    sherpa.Discrete("units", [8, 128], scale="log"),
    sherpa.Choice("activation", ["relu", "tanh"]),
    sherpa.Continuous("dropout", [0.0, 0.6]),
]


def build(lr: float, units: int, activation: str, dropout: float) -> keras.Model:
    """Return an untrained model."""
    layers = [
        keras.Input((64,)),
        keras.layers.Dense(units, activation),
        keras.layers.Dropout(dropout),
        keras.layers.Dense(10, "softmax"),
    ]
    model = keras.Sequential(layers)
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(lr), loss, metrics=["accuracy"])
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-num-trials", type=int, default=20)
    options = parser.parse_args()
    images, digits = load_digits(return_X_y=True)
    study = sherpa.Study(
        parameters,
        algorithm={"name": "random", "max_num_trials": options.max_num_trials},
        lower_is_better=True,
        stopping_rule={"name": "median", "min_iterations": 3, "min_trials": 3},
        random_seed=1,
    )
    for trial in study:
        model = build(**trial.parameters)
        report = study.keras_callback(trial, "val_loss", ["val_accuracy"])
        model.fit(
            images / 16,
            digits,
            batch_size=64,
            epochs=EPOCHS,
            validation_split=0.25,
            verbose=0,
            callbacks=[report],
        )
        study.finalize(trial)
        print(f"trial {trial.id} {trial.status}: {trial.objective:.3f}")
    print("best:", study.get_best_result())
