"""Reports as they are written, and a browser to look at them; each made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from selenium.webdriver import Chrome

from benchmarks.qa.browser import chromium
from recordings.reporting.write import write_cohort_report, write_procedure_report
from tests.peers import program
from tests.recordings.reporting import samples

VERSION = "0.2.0"


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A procedure and a cohort, with markup in their words; and a procedure of which nothing is known."""
    out = tmp_path_factory.mktemp("reports")
    hostile = samples.HOSTILE
    alarms = samples.alarms()
    alarms = (*alarms[:3], msgspec.structs.replace(alarms[3], rule=hostile))
    level = msgspec.structs.replace(samples.level(), pathology=hostile, volume_method=hostile)
    record = samples.procedure(levels=(level,), alarms=alarms, operator=hostile, problems=(hostile,))
    quiet = samples.procedure("s-0003", day="2025-02-01", levels=(samples.level("L1", leaks=False),))
    records = [record, samples.unknown_procedure(), quiet]
    write_procedure_report(out, records[0], samples.picture, software_version=VERSION)
    write_procedure_report(out, records[1], samples.picture, software_version=VERSION, pdf=False)
    known = samples.cohort()
    learning = (samples.curve(hostile, 3, 1), *known.learning[:2])
    cohort = msgspec.structs.replace(known, notes=(hostile,), learning=learning)
    failed = [*samples.FAILED, samples.Failed(folder=hostile, why=hostile)]
    write_cohort_report(out, records, cohort, failed, software_version=VERSION)
    return out


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    profile = tmp_path_factory.mktemp("profile")
    with chromium(profile, chromium_path=program("chromium"), driver_path=program("chromedriver")) as started:
        yield started
