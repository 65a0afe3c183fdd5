"""Callbacks that connect SHERPA with machine-learning frameworks; each framework is optional."""
