"""The shortest study: you hold the loop, the study proposes and keeps."""

import sherpa_core as sherpa

parameters = [
    sherpa.Continuous("lr", [1e-4, 1e-1], scale="log"),
    sherpa.Choice("optimizer", ["adam", "sgd"]),
    sherpa.Continuous("momentum", [0.0, 0.99], when={"optimizer": ["sgd"]}),
]


def train(lr: float, optimizer: str, momentum: float = 0.0) -> float:
    """Stands for a training that takes a while; returns a loss."""
    return abs(lr - 0.01) + (0.2 if optimizer == "adam" else abs(momentum - 0.9))


if __name__ == "__main__":
    study = sherpa.Study(
        parameters,
        algorithm={"name": "random", "max_num_trials": 50},
        lower_is_better=True,
        random_seed=1,
    )
    for trial in study:
        study.add_observation(trial, objective=train(**trial.parameters))
        study.finalize(trial)
    ended = study.results.query("Status == 'COMPLETED'")
    print(ended.nsmallest(5, "Objective")[["Trial-ID", "lr", "optimizer", "momentum", "Objective"]])
    print("best:", study.get_best_result())
