"""A user's folders, by the XDG Base Directory Specification."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.user_folders import user_folder


@pytest.mark.parametrize("stated", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative/folder"}])
def test_what_is_not_stated_or_relative_is_the_default(stated: dict[str, str]) -> None:
    assert user_folder("cache", {"HOME": "/home-of/somebody", **stated}) == Path(
        "/home-of/somebody/.cache/cementwatch"
    )


def test_a_stated_folder_is_taken_for_its_kind_alone() -> None:
    stated = {"HOME": "/h", "XDG_DATA_HOME": "/elsewhere"}
    assert user_folder("data", stated) == Path("/elsewhere/cementwatch")
    assert user_folder("config", stated) == Path("/h/.config/cementwatch")
    assert user_folder("data", {"HOME": "/h"}) == Path("/h/.local/share/cementwatch")
