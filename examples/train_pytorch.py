"""PyTorch: a small network on handwritten digits, with a training loop of one's own.

    python examples/train_pytorch.py

needs `pip install torch scikit-learn`. The loop has one line for SHERPA, `trial.report`: it hands
over the error after each epoch, and ends the training when the stopping rule has seen enough.
"""

import argparse

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.nn import Dropout, Linear, ReLU, Sequential
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

import sherpa_core as sherpa
from sherpa_core.workers import ObjectiveTrial

EPOCHS = 12

parameters = [
    sherpa.Continuous("lr", [1e-4, 1e-1], scale="log"),
    sherpa.Discrete("units", [8, 128], scale="log"),
    sherpa.Continuous("dropout", [0.0, 0.6]),
    sherpa.Choice("optimizer", ["Adam", "SGD"]),
    sherpa.Continuous("momentum", [0.0, 0.95], when={"optimizer": ["SGD"]}),
]


def train(trial: ObjectiveTrial) -> None:
    """Train a model, and report the share of misread digits after each epoch."""
    torch.set_num_threads(1)  # trainings share the machine
    torch.manual_seed(trial.id)
    found = dict(trial.parameters)
    images, digits = load_digits(return_X_y=True)
    parts = train_test_split(images / 16, digits, random_state=0)
    train_x, test_x, train_y, test_y = map(torch.tensor, parts)
    units, dropout, optimizer = found.pop("units"), found.pop("dropout"), found.pop("optimizer")
    model = Sequential(Linear(64, units), ReLU(), Dropout(dropout), Linear(units, 10))
    steps = getattr(torch.optim, optimizer)(model.parameters(), **found)
    for epoch in range(1, EPOCHS + 1):
        model.train()
        for x, y in DataLoader(TensorDataset(train_x.float(), train_y), 64, shuffle=True):
            steps.zero_grad()
            cross_entropy(model(x), y).backward()
            steps.step()
        model.eval()
        with torch.no_grad():
            misread = (model(test_x.float()).argmax(1) != test_y).float().mean().item()
        trial.report(misread, epoch)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-num-trials", type=int, default=30)
    parser.add_argument("--output-dir", default="output_pytorch")
    options = parser.parse_args()
    best = sherpa.optimize(
        parameters,
        algorithm="random",
        lower_is_better=True,
        objective=train,
        stopping_rule={"name": "median", "min_iterations": 3, "min_trials": 3},
        max_num_trials=options.max_num_trials,
        max_concurrent=2,
        output_dir=options.output_dir,
        random_seed=1,
    )
    print("best:", best)
