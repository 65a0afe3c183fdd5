"""A stand-in with Keras's calls, for machines without Keras: models that learn by formula."""
