"""Section of the configuration about cement that runs back behind a cannula."""

from __future__ import annotations

from typing import Annotated

from monitor.config_base import Section, number


class ShaftCementConfig(Section, frozen=True):
    """Cement behind a cannula, looked for along the shaft."""

    usual_factor: Annotated[
        float, number("the shaft must darken by so many times what it did without cement", 0.5, 10.0)
    ] = 1.3
    floor: Annotated[float, number("attenuation always ignored (log units)", 0.0, 0.1)] = 0.006
    glare_share: Annotated[
        float, number("beside cement, this share of its attenuation may be glare", 0.0, 1.0)
    ] = 0.2
    threshold: Annotated[float, number("evidence that a place must gather", 1.0, 100.0)] = 12.0
    suspected_share: Annotated[
        float, number("from this share of it the lower bound of a distance counts the place", 0.0, 1.0)
    ] = 0.25
    gap_mm: Annotated[float, number("places so far apart hang together (mm)", 0.0, 5.0)] = 1.0
    unlatch_s: Annotated[float, number("it must be gone for so long to be taken back (s)", 0.2, 20.0)] = 1.5
