"""BoTorch as its tutorials use it: SingleTaskGP (mixed where needed) and q-log EI."""

from __future__ import annotations

from typing import Any

import torch
import unit
from botorch.acquisition import qLogNoisyExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP, SingleTaskGP
from botorch.models.transforms import Standardize
from botorch.optim import optimize_acqf, optimize_acqf_mixed_alternating
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch.quasirandom import SobolEngine

DISTRIBUTIONS = ["botorch", "gpytorch", "torch"]
STARTS = 10


class Optimizer:
    def __init__(self, space: list[dict[str, Any]], seed: int, trials: int) -> None:
        self.space = space
        self.cats = {
            index: list(range(len(each["choices"])))
            for index, each in enumerate(space)
            if each["kind"] == "cat"
        }
        self.steps = {
            index: places
            for index, each in enumerate(space)
            if each["kind"] != "cat" and (places := unit.steps(each))
        }
        tops = [len(self.cats.get(index, (0, 1))) - 1 for index in range(len(space))]
        self.bounds = torch.tensor([[0.0] * len(space), tops], dtype=torch.double)
        self.sobol = SobolEngine(len(space), scramble=True, seed=seed)
        self.places = torch.empty(0, len(space), dtype=torch.double)
        self.values: list[float] = []

    def ask(self, number: int) -> list[dict[str, Any]]:
        if len(self.values) < STARTS:
            asked = self._snapped(self.sobol.draw(number, dtype=torch.double))
        else:
            asked = self._suggested(number)
        self.places = torch.cat([self.places, asked])
        return [self._configuration(row.tolist()) for row in asked]

    def tell(self, values: list[float]) -> None:
        self.values += values

    def _suggested(self, number: int) -> torch.Tensor:
        target = -torch.tensor(self.values, dtype=torch.double).unsqueeze(-1)
        if self.cats:
            model = MixedSingleTaskGP(
                self.places, target, list(self.cats), outcome_transform=Standardize(1)
            )
        else:
            model = SingleTaskGP(self.places, target, outcome_transform=Standardize(1))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        acquisition = qLogNoisyExpectedImprovement(model, X_baseline=self.places)
        if self.cats or self.steps:
            found, _ = optimize_acqf_mixed_alternating(
                acquisition,
                self.bounds,
                q=number,
                num_restarts=10,
                raw_samples=512,
                discrete_dims=self.steps or None,
                cat_dims=self.cats or None,
            )
        else:
            found, _ = optimize_acqf(
                acquisition, self.bounds, q=number, num_restarts=10, raw_samples=512,
                sequential=True,
            )  # fmt: skip
        return found.detach()

    def _snapped(self, drawn: torch.Tensor) -> torch.Tensor:
        for index, values in self.cats.items():
            drawn[:, index] = (drawn[:, index] * len(values)).floor().clamp(max=len(values) - 1)
        for index, places in self.steps.items():
            chosen = (drawn[:, index] * len(places)).long().clamp(max=len(places) - 1)
            drawn[:, index] = torch.tensor(places, dtype=torch.double)[chosen]
        return drawn

    def _configuration(self, places: list[float]) -> dict[str, Any]:
        return {
            given["name"]: given["choices"][round(place)]
            if given["kind"] == "cat"
            else unit.value_at(given, place)
            for given, place in zip(self.space, places, strict=True)
        }
