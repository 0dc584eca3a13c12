"""A second forward model of vertebroplasty fluoroscopy, projected from a real CT.

It shares nothing with the project's own simulator but the types of `benchmarks.procedure`: anatomy
from a CT with vertebra labels, polychromatic line integrals, cement by arrival times through a
correlated random conductivity.
"""

from benchmarks.ct_model.run import SCENARIOS, CtProcedure, ct_procedure
from benchmarks.ct_model.volume import CtMissingError

__all__ = ["SCENARIOS", "CtMissingError", "CtProcedure", "ct_procedure"]
