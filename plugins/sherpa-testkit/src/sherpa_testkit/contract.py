"""What the suites share: fresh objects of the plugin, its options, and all examples at once."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from sherpa_core import registry
from sherpa_core.events import to_json
from sherpa_testkit.promises import BrokenPromise, promised


class PluginContract:
    """What plugins of every kind promise: that their options can be written down.

    Attributes:
        kind: the kind of plugin.
        max_examples: how many examples Hypothesis tries in each test that uses it; they are the
            same ones in every run.
        shrinks: whether Hypothesis looks for the smallest example that fails, which may take
            minutes with a slow plugin.
    """

    kind: ClassVar[str]
    max_examples: int = 30
    shrinks: bool = True

    def fresh(self) -> Any:
        """Return a fresh object of the plugin under test, from the method `make_<kind>`."""
        name = f"make_{self.kind}"
        make = getattr(self, name, None)
        if make is None:
            pytest.fail(f"{type(self).__name__} must define {name}(self), which returns a plugin")
        made = make()
        if made is make() and not isinstance(made, str):
            pytest.fail(f"{type(self).__name__}.{name} must return a new object at each call")
        return registry.create(self.kind, made)

    def remade(self, **changes: Any) -> Any:
        """Return an object that is made from the options as the log keeps them."""
        plugin = self.fresh()
        config = json.loads(to_json(registry.describe(self.kind, plugin)))
        options = {**config, **changes}
        name = options.pop("name")
        if options.pop("class", None):  # not installed, so its name finds nothing
            return type(plugin)(**options)
        return registry.create(self.kind, {"name": name, **options})

    def for_all(self, check: Callable[..., None], **strategies: SearchStrategy[Any]) -> None:
        """Call `check` with many examples of its arguments, and name one that fails."""
        phases = [Phase.generate, *([Phase.shrink] if self.shrinks else [])]
        configured = settings(
            max_examples=self.max_examples,
            phases=phases,
            derandomize=True,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        try:
            configured(given(**strategies)(check))()
        except Flaky as error:
            raise BrokenPromise(
                "broken promise: the same calls of a fresh object have the same results.\n"
                f"the same example once kept its promises and once did not: {error}"
            ) from error

    def test_options_can_be_read(self) -> None:
        plugin = self.fresh()
        for option in registry.options_of(type(plugin)):
            if option.kind != "any":
                with promised("every option is an attribute of the same name, as the log needs it"):
                    assert hasattr(plugin, option.name), option.name

    def test_options_come_back_from_the_log(self) -> None:
        with promised("options come back from their JSON as they were"):
            config = to_json(registry.describe(self.kind, self.fresh()))
            assert to_json(registry.describe(self.kind, self.remade())) == config


@contextmanager
def global_randomness(seed: int) -> Iterator[Callable[[], str]]:
    """Seed the global generators of Python and NumPy, and restore them afterwards.

    Yields:
        A function that returns a text of their state.
    """
    from numpy.random import get_state, set_state
    from numpy.random import seed as numpy_seed

    saved, saved_numpy = random.getstate(), get_state()
    random.seed(seed)
    numpy_seed(seed)
    try:
        yield lambda: f"{random.getstate()} {get_state(legacy=False)}"
    finally:
        random.setstate(saved)
        set_state(saved_numpy)
