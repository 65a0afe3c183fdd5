"""Local search: improves a good configuration, one change at a time."""

from sherpa_local_search.search import LocalSearch

__all__ = ["LocalSearch"]
