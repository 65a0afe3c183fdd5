"""The six models, with GPyOpt's interface of a model and GPy's or scikit-learn's mathematics.

GPyOpt's own model classes stopped working with its dependencies; these replace them. Importing
this module imports GPyOpt and GPy.
"""

from __future__ import annotations

import logging
from typing import Any

import GPy
import numpy as np
from GPyOpt.models.base import BOModel

from sherpa_gpyopt.encoding import Array


class Model(BOModel):  # type: ignore[misc]
    """What the models share: they are made and fitted at once, and never again.

    Args:
        features: the inputs, one row each.
        outputs: what was observed, normalized, one row each; lower is better.
        numeric: the features that are places in a range.

    Attributes:
        best: the lowest mean at the inputs; its samples' for a model that has samples.
    """

    def __init__(self, features: Array, outputs: Array, numeric: list[int]) -> None:
        self.X = features
        self.Y = outputs
        self.numeric = numeric
        self.updateModel(features, outputs, None, None)
        means = self.predict(features)[0]
        self.best: Any = [mean.min() for mean in means] if self.MCMC_sampler else means.min()

    def get_fmin(self) -> Any:
        """Return the lowest mean at the inputs."""
        return self.best

    def moments(self, features: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation at each row, over all samples of the model."""
        mean, deviation = self.predict(features)
        return mean[:, 0], deviation[:, 0]


class GaussianProcess(Model):
    """A Gaussian process with a Matérn kernel (5/2), fitted by maximum likelihood."""

    restarts = 3
    max_iters = 200

    def _make(self) -> Any:
        kernel = GPy.kern.Matern52(self.X.shape[1])
        return GPy.models.GPRegression(self.X, self.Y, kernel, noise_var=0.01)

    def updateModel(self, X_all: Array, Y_all: Array, X_new: Any, Y_new: Any) -> None:
        """Fit the model."""
        self.model = self._make()
        # without a bound a few exact points make the residual noise ridiculously small
        self.model.Gaussian_noise.constrain_bounded(1e-9, 1e6, warning=False)
        self.model.optimize_restarts(
            self.restarts, optimizer="lbfgs", max_iters=self.max_iters, verbose=False
        )

    def _latent(self, features: Array) -> tuple[Array, Array]:
        """Return mean and variance of the function itself, without the noise of observations."""
        mean, variance = self.model.predict_noiseless(features)
        return mean, variance

    def predict(self, X: Array) -> Any:
        """Return mean and standard deviation at each row, as columns."""
        mean, variance = self._latent(np.atleast_2d(X))
        return mean, np.sqrt(np.clip(variance, 1e-10, None))


class SparseGaussianProcess(GaussianProcess):
    """A Gaussian process that sums up the observations in some inducing points."""

    restarts = 1
    max_iters = 100
    inducing = 20

    def _make(self) -> Any:
        kernel = GPy.kern.Matern52(self.X.shape[1])
        count = min(self.inducing, len(self.X))
        return GPy.models.SparseGPRegression(self.X, self.Y, kernel, num_inducing=count)


class WarpedGaussianProcess(GaussianProcess):
    """A Gaussian process whose outputs are warped: a sum of tanh functions is learnt for them."""

    nodes, weights = np.polynomial.hermite.hermgauss(20)

    def _make(self) -> Any:
        kernel = GPy.kern.Matern32(self.X.shape[1])
        return GPy.models.WarpedGP(self.X, self.Y, kernel=kernel, warping_terms=3)

    def _latent(self, features: Array) -> tuple[Array, Array]:
        # GPy inverts the warping by 250 steps of Newton's method for each node and row, a
        # thousand times slower than this table: outside of it the warping is linear.
        self.model.predict_in_warped_space = False
        mean, variance = GPy.core.GP.predict(self.model, features, include_likelihood=False)
        outputs = np.linspace(-20.0, 20.0, 4001)
        warped = self.model.warping_function.f(outputs[:, None])[:, 0]
        nodes = mean + np.sqrt(2.0 * np.clip(variance, 0.0, None)) * self.nodes
        values = np.interp(nodes, warped, outputs)
        slope = float(self.model.warping_function.d[0])
        values += (np.minimum(nodes - warped[0], 0.0) + np.maximum(nodes - warped[-1], 0.0)) / slope
        weights = self.weights / np.sqrt(np.pi)
        mean = values @ weights
        return mean[:, None], ((values - mean[:, None]) ** 2 @ weights)[:, None]


class InputWarpedGaussianProcess(GaussianProcess):
    """A Gaussian process whose numeric inputs are warped by Kumaraswamy distributions."""

    restarts = 2
    max_iters = 100

    def _make(self) -> Any:
        if not self.numeric:  # choices only: there is nothing to warp
            return super()._make()
        _quiet_kumaraswamy(len(self.numeric))
        width = self.X.shape[1]
        return GPy.models.InputWarpedGP(
            *(self.X, self.Y),
            kernel=GPy.kern.Matern52(width),
            warping_indices=self.numeric,
            Xmin=np.zeros(width),
            Xmax=np.ones(width),
        )

    def _latent(self, features: Array) -> tuple[Array, Array]:
        if self.numeric:
            features = self.model.transform_data(features, test_data=True)
        mean, variance = GPy.core.GP.predict(self.model, features, include_likelihood=False)
        return mean, variance


class SampledGaussianProcess(GaussianProcess):
    """A Gaussian process with a prior on its hyperparameters, sampled by Hamiltonian Monte Carlo.

    Its predictions are lists, with an entry for each sample.
    """

    MCMC_sampler = True
    samples = 10
    interval = 5
    leapfrog_steps = 10

    def _make(self) -> Any:
        kernel = GPy.kern.RBF(self.X.shape[1])
        return GPy.models.GPRegression(self.X, self.Y, kernel, noise_var=0.01)

    def updateModel(self, X_all: Array, Y_all: Array, X_new: Any, Y_new: Any) -> None:
        """Fit the model, and sample its hyperparameters from there."""
        self.model = self._make()
        prior = GPy.priors.Gamma.from_EV(2.0, 4.0)
        self.model.kern.set_prior(prior, warning=False)
        self.model.likelihood.variance.set_prior(prior, warning=False)
        self.model.optimize(optimizer="lbfgs", max_iters=self.max_iters)
        chain = GPy.inference.mcmc.HMC(self.model, stepsize=0.1)
        for _ in range(8):  # while it burns in, a step is found that the chain accepts
            accepted = len(np.unique(self._sample(chain, 10), axis=0)) / 10
            if accepted < 0.5:
                chain.stepsize /= 2
        self.parts = []
        for values in self._sample(chain, self.samples * self.interval)[:: self.interval]:
            part = self._make()
            part[:] = values
            self.parts.append(part)

    def _sample(self, chain: Any, count: int) -> Array:
        start = self.model.optimizer_array.copy()
        try:
            found: Array = chain.sample(num_samples=count, hmc_iters=self.leapfrog_steps)
        except (np.linalg.LinAlgError, ValueError):  # a leap to where no matrix can be inverted
            self.model.optimizer_array = start
            found = np.repeat(self.model.unfixed_param_array[None, :], count, axis=0)
        return found

    def predict(self, X: Array) -> Any:
        """Return lists of mean and standard deviation at each row, as columns."""
        means, deviations = [], []
        for part in self.parts:
            mean, variance = part.predict_noiseless(np.atleast_2d(X))
            means.append(mean)
            deviations.append(np.sqrt(np.clip(variance, 1e-10, None)))
        return means, deviations

    def moments(self, features: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation at each row, over all samples of the model."""
        means, deviations = (np.stack(each)[:, :, 0] for each in self.predict(features))
        variance = np.mean(deviations**2, axis=0) + np.var(means, axis=0)
        return means.mean(axis=0), np.sqrt(variance)


class RandomForest(Model):
    """A random forest; the spread of its trees is the standard deviation."""

    trees = 100

    def updateModel(self, X_all: Array, Y_all: Array, X_new: Any, Y_new: Any) -> None:
        """Fit the model."""
        from sklearn.ensemble import RandomForestRegressor

        self.model = RandomForestRegressor(self.trees)
        self.model.fit(X_all, Y_all[:, 0])

    def predict(self, X: Array) -> Any:
        """Return mean and standard deviation at each row, as columns."""
        rows = np.atleast_2d(X).astype(np.float32)
        votes = np.stack([tree.predict(rows) for tree in self.model.estimators_])
        deviation = np.maximum(votes.std(axis=0), 1e-5)
        return votes.mean(axis=0)[:, None], deviation[:, None]


def _quiet_kumaraswamy(count: int) -> None:
    """Keep GPy from logging that it changes its mind about its own parameters' constraints."""
    for index in range(count):
        for letter in "ab":
            logging.getLogger(f"{letter}{index}").addFilter(_no_constraint)


def _no_constraint(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("reconstraining")


#: The models by their names in `GPyOpt(model_type=...)`.
MODELS: dict[str, type[Model]] = {
    "GP": GaussianProcess,
    "GP_MCMC": SampledGaussianProcess,
    "sparseGP": SparseGaussianProcess,
    "warpedGP": WarpedGaussianProcess,
    "InputWarpedGP": InputWarpedGaussianProcess,
    "RF": RandomForest,
}
