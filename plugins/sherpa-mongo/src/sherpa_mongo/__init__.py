"""The storage over MongoDB: studies in one database, shared by any number of hosts."""

from sherpa_mongo.storage import MongoStorage

__all__ = ["MongoStorage"]
