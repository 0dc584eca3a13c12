"""A headless Chromium on files of this machine: its console, and what it asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

OWN_SCHEMES = {"file", "data", "about", "blob", "chrome"}
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--force-device-scale-factor=1", "--hide-scrollbars",
)  # fmt: skip


@contextmanager
def chromium(
    profile: Path, *, chromium_path: str, driver_path: str, width: int = 1280, height: int = 900
) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own; ended behind the block."""
    options = webdriver.ChromeOptions()
    options.binary_location = chromium_path
    for option in (*_OPTIONS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver_path))
    try:
        browser.get("about:blank")
        asked_for(browser)  # the browser's own first page
        yield browser
    finally:
        browser.quit()


def console(browser: webdriver.Chrome) -> list[str]:
    """Warnings and errors since the last call."""
    return [f"{line['level']}: {line['message']}" for line in browser.get_log("browser")
            if line["level"] in ("WARNING", "SEVERE")]  # fmt: skip


def asked_for(browser: webdriver.Chrome) -> list[str]:
    """Addresses that were asked for since the last call, without the data of ``data:`` URIs."""
    found = []
    for line in browser.get_log("performance"):
        message = json.loads(line["message"])["message"]
        if message["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
            url = message["params"].get("url") or message["params"]["request"]["url"]
            found.append("data:" if url.startswith("data:") else url)
    return found


def leaving(addresses: list[str]) -> list[str]:
    """Those that lead out of this machine's files."""
    return [address for address in addresses if urlsplit(address).scheme not in OWN_SCHEMES]


def drawn(browser: webdriver.Chrome) -> bool:
    """Whether all charts of a report are drawn."""
    return bool(browser.execute_script("return document.documentElement.dataset.drawn === 'yes'"))
