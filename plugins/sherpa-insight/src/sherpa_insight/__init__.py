"""What a study's numbers say: importance, slices, six questions answered in words, and structure.

Pure functions from histories to values, for whatever shows them: pages, pictures, reports.
"""

from sherpa_insight.forest import Effects, effects
from sherpa_insight.importance import importance
from sherpa_insight.sampling import sample
from sherpa_insight.slices import slices
from sherpa_insight.structure import Step, notes, steps, structure
from sherpa_insight.summary import subject_of, understand
from sherpa_insight.table import Table

__all__ = [
    "Effects",
    "Step",
    "Table",
    "effects",
    "importance",
    "notes",
    "sample",
    "slices",
    "steps",
    "structure",
    "subject_of",
    "understand",
]
