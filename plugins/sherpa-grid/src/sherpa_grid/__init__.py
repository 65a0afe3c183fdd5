"""Grid search and iteration over given configurations."""

from sherpa_grid.grid import GridSearch
from sherpa_grid.iterate import Iterate

__all__ = ["GridSearch", "Iterate"]
