"""A storage for several hosts without a database server: the runner serves its own over HTTP."""

from sherpa_http.storage import HTTPStorage

__all__ = ["HTTPStorage"]
