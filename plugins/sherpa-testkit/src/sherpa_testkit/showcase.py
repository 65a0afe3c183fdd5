"""Search spaces that every algorithm meets, by what is special about them."""

from __future__ import annotations

from sherpa_core.parameters import Choice, Continuous, Discrete, Ordinal, Parameter

MIXED: list[Parameter] = [
    Continuous("lr", [1e-5, 1e-1], "log"),
    Continuous("dropout", [0, 0.5]),
    Discrete("units", [8, 256]),
    Ordinal("batch size", [16, 32, 64]),
    Choice("activation", ["relu", "tanh", None]),
]

SPACES: dict[str, list[Parameter]] = {
    "continuous": [Continuous("x", [-1.0, 2.0])],
    "continuous, log": [Continuous("x", [1e-5, 1e-1], "log")],
    "continuous, step": [Continuous("x", [0, 1], step=0.1)],
    "continuous, normal": [
        Continuous("x", [-3, 3], distribution={"type": "normal", "mean": 0, "std": 1})
    ],
    "continuous, lognormal": [
        Continuous("x", [0.1, 9], distribution={"type": "lognormal", "mean": 0, "std": 1})
    ],
    "discrete": [Discrete("n", [-5, 100])],
    "discrete, log": [Discrete("n", [1, 1000], "log")],
    "discrete, step": [Discrete("n", [8, 64], step=8)],
    "discrete, normal": [
        Discrete("n", [0, 20], distribution={"type": "normal", "mean": 10, "std": 4})
    ],
    "ordinal": [Ordinal("size", [16, 32, 64, 128])],
    "choice": [Choice("layers", [[16, 32], {"depth": 2}, None, "1", 1, 2.5, True])],
    "one value": [Choice("only", ["this"])],
    "mixed": MIXED,
    "thirty parameters": [
        parameter
        for index in range(6)
        for parameter in (
            Continuous(f"x{index}", [0, 1]),
            Continuous(f"lr{index}", [1e-6, 1], "log"),
            Discrete(f"n{index}", [1, 9]),
            Ordinal(f"o{index}", ["low", "middle", "high"]),
            Choice(f"c{index}", ["a", "b", "c", "d"]),
        )
    ],
}

#: Conditions on every type of listed parameter, on several at once, and three levels deep.
CONDITIONAL: list[Parameter] = [
    Choice("optimizer", ["sgd", "adam", "none"]),
    Continuous("momentum", [0, 1], when={"optimizer": ["sgd"]}),
    Continuous("beta", [0.8, 0.999], when={"optimizer": ["adam"]}),
    Choice("schedule", ["constant", "cosine"], when={"optimizer": ["sgd", "adam"]}),
    Discrete("warm up", [1, 3], when={"schedule": ["cosine"]}),
    Continuous("start", [1e-4, 1e-1], "log", when={"warm up": [2, 3], "optimizer": ["sgd"]}),
    Ordinal("size", [16, 32]),
]
