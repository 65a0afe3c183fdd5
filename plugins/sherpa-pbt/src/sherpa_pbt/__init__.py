"""Population based training: configurations change while their models train on."""

from sherpa_pbt.pbt import PopulationBasedTraining

__all__ = ["PopulationBasedTraining"]
