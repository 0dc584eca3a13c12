"""Options of the whole suite."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does; read when NumPy is imported
os.environ["CEMENTWATCH_LANGUAGE"] = "en"  # whatever the locale of the machine
os.environ["CEMENTWATCH_ARCHIVE"] = "off"  # no test leaves a process behind

import pytest
from hypothesis import settings

# no test may hang on the clock of the machine; in CI the same examples every time
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the golden run gives now to tests/golden; look at the difference before keeping it",
    )
