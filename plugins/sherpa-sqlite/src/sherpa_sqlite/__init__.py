"""The embedded storage: studies in one SQLite file, shared by all processes of a host."""

from sherpa_sqlite.storage import SQLiteStorage

__all__ = ["SQLiteStorage"]
