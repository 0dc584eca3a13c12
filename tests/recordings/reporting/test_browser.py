"""Reports in a real browser, from a file: plots and tables respond, nothing is fetched, nothing is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.qa.browser import asked_for, console, drawn, leaving
from recordings.reporting.words import STANDING
from tests.recordings.reporting.samples import HOSTILE

WAIT_S = 30
PROCEDURE, UNKNOWN, COHORT = "procedures/s-0001/report.html", "procedures/s-0002/report.html", "report.html"


@dataclass(frozen=True)
class Opened:
    """A report in a window of its own: what the console said, and what was asked for, until it was drawn."""

    browser: Chrome
    window: str
    said: list[str]
    asked: list[str]

    def shown(self) -> Chrome:
        self.browser.switch_to.window(self.window)
        return self.browser


def opened(browser: Chrome, path: Path) -> Opened:
    browser.switch_to.new_window("window")
    browser.set_window_size(1280, 900)
    console(browser), asked_for(browser)
    browser.get(path.as_uri())
    WebDriverWait(browser, WAIT_S).until(drawn)
    return Opened(browser, browser.current_window_handle, console(browser), asked_for(browser))


@pytest.fixture(scope="module")
def all_opened(browser: Chrome, reports: Path) -> dict[str, Opened]:
    return {name: opened(browser, reports / name) for name in (PROCEDURE, UNKNOWN, COHORT)}


@pytest.fixture
def procedure(all_opened: dict[str, Opened]) -> Chrome:
    return all_opened[PROCEDURE].shown()


@pytest.fixture
def cohort(all_opened: dict[str, Opened]) -> Chrome:
    return all_opened[COHORT].shown()


def until(browser: Chrome, script: str) -> Any:
    """Wait until a script gives something that is true."""
    return WebDriverWait(browser, WAIT_S).until(lambda page: page.execute_script(f"return {script}"))


def seen(browser: Chrome, selector: str) -> WebElement:
    found = browser.find_element(By.CSS_SELECTOR, selector)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
    return found


@pytest.mark.parametrize("name", [PROCEDURE, UNKNOWN, COHORT])
def test_a_report_opens_without_an_error_and_asks_for_nothing(
    all_opened: dict[str, Opened], reports: Path, name: str
) -> None:
    page = all_opened[name]
    assert page.said == []
    files = [address for address in page.asked if address.startswith("file:")]
    assert files == [(reports / name).as_uri()]
    assert leaving(page.asked) == []
    browser = page.shown()
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    hidden = (
        "[...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth + 1)"
    )
    assert name == PROCEDURE or browser.execute_script(f"return {hidden}.map((box) => box.ariaLabel)") == []
    banners = browser.find_elements(By.CSS_SELECTOR, ".standing")
    assert [banner.text for banner in banners] == [STANDING, STANDING]


@pytest.mark.parametrize(
    ("name", "title", "plot"),
    [
        (PROCEDURE, "Procedure s-0001", "#chart-trend-0"),
        (COHORT, "Cement distribution and leaks: cohort", "#chart-learning-0"),
    ],
)
def test_markup_of_files_is_words(all_opened: dict[str, Opened], name: str, title: str, plot: str) -> None:
    browser = all_opened[name].shown()
    assert browser.title == title
    assert browser.find_elements(By.CSS_SELECTOR, "img[src='x']") == []
    words = browser.execute_script("return document.querySelector('main').innerText")
    assert words.count(HOSTILE) >= 3
    in_plot = browser.execute_script(f"return document.querySelector('{plot} .plot').textContent")
    assert "<b>T12</b>" in in_plot


def test_a_plot_tells_what_is_pointed_at(procedure: Chrome) -> None:
    plot = seen(procedure, "#chart-trend-0 .plot")
    at = procedure.execute_script(
        "const p = arguments[0], l = p._fullLayout, r = p.getBoundingClientRect();"
        "return [r.left + l.xaxis._offset + l.xaxis.d2p(10),"
        "        r.top + l.yaxis._offset + l.yaxis.d2p(1.26)]", plot
    )  # fmt: skip
    pointing = ActionChains(procedure)
    pointing.w3c_actions.pointer_action.move_to_location(round(at[0]) - 5, round(at[1]))
    pointing.w3c_actions.pointer_action.move_to_location(round(at[0]), round(at[1]))
    pointing.perform()
    told = until(procedure, "document.querySelector('#chart-trend-0 .hoverlayer .hovertext')?.textContent")
    assert "1.26 mL at 10.0 s" in told
    assert "volume" in told


def test_a_plot_is_zoomed_and_a_line_is_switched_off(procedure: Chrome) -> None:
    plot = seen(procedure, "#chart-trend-0 .plot")
    range_ = "document.querySelector('#chart-trend-0 .plot').layout.xaxis.range.slice()"
    before = procedure.execute_script(f"return {range_}")
    area = plot.find_element(By.CSS_SELECTOR, ".nsewdrag")
    ActionChains(procedure).move_to_element(area).click_and_hold().move_by_offset(150, 0).release().perform()
    begin, end = until(procedure, f"{range_}[0] > {before[0]} && {range_}")
    assert before[0] < begin < end < before[1]
    shown = "document.querySelector('#chart-trend-0 .plot').data.find((d) => d.name === 'volume').visible"
    toggles = plot.find_elements(By.CSS_SELECTOR, ".legend .traces")
    volume = next(one for one in toggles if one.text == "volume")
    ActionChains(procedure).move_to_element(
        volume.find_element(By.CSS_SELECTOR, ".legendtoggle")
    ).click().perform()
    assert until(procedure, shown) == "legendonly"


def test_lines_over_pictures_are_switched_off_without_a_script(procedure: Chrome) -> None:
    lines = procedure.find_element(By.CSS_SELECTOR, ".frame .lines")
    assert lines.is_displayed()
    seen(procedure, "#lines").click()
    assert not lines.is_displayed()


def test_procedures_are_sorted_and_searched(cohort: Chrome, reports: Path) -> None:
    browser = cohort
    rows = "[...document.querySelectorAll('#table-procedures tbody tr:not([hidden])')]"
    first = f"return {rows}.map((row) => row.cells[0].innerText)"
    assert browser.execute_script(first) == ["s-0003", "s-0001", "s-0002"]  # by day, the unknown one last
    seen(browser, "#table-procedures th:first-child button").send_keys(Keys.ENTER)
    assert browser.execute_script(first) == ["s-0001", "s-0002", "s-0003"]
    seen(browser, "#table-procedures th:nth-child(7) button").click()
    nearest = seen(browser, "#table-procedures th:nth-child(7)")
    assert nearest.get_attribute("aria-sort") == "ascending"
    nearest.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    assert nearest.get_attribute("aria-sort") == "descending"
    assert browser.execute_script(first)[-1] == "s-0002"  # unknown stays last either way
    seen(browser, "input[data-filter=procedures]").send_keys("Unknown")
    assert browser.execute_script(first) == ["s-0002"]
    assert browser.find_element(By.CSS_SELECTOR, "#table-procedures .count").text == "1 of 3"
    assert browser.find_elements(By.LINK_TEXT, "s-0003") == []  # it has no report here
    link = browser.find_element(By.LINK_TEXT, "s-0002")
    assert link.get_attribute("href") == (reports / UNKNOWN).as_uri()


def test_no_other_script_runs_and_nothing_is_fetched(cohort: Chrome) -> None:
    browser = cohort
    browser.execute_script(
        "const s = document.createElement('script');"
        "s.textContent = 'window.taken = 1'; document.head.append(s)"
    )
    assert browser.execute_script("return typeof window.taken") == "undefined"
    answer = browser.execute_async_script(
        "const done = arguments[0];"
        "fetch('http://127.0.0.1:9/').then(() => done('fetched'), () => done('refused'))"
    )
    assert answer == "refused"
    assert any("Content Security Policy" in line for line in console(browser))
    assert not any("127.0.0.1" in address for address in asked_for(browser))


def visible(browser: Chrome, selector: str) -> bool:
    """Whether an element has a place on the page; asked without a script of the page."""
    root = browser.execute_cdp_cmd("DOM.getDocument", {})["root"]["nodeId"]
    node = browser.execute_cdp_cmd("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    try:
        box = browser.execute_cdp_cmd("DOM.getBoxModel", {"nodeId": node})["model"]
    except WebDriverException:
        return False
    return bool(box["width"] > 100 and box["height"] > 50)


def test_without_scripts_and_on_paper_there_are_static_charts(procedure: Chrome, reports: Path) -> None:
    browser = procedure
    assert visible(browser, "#chart-trend-0 .plot")
    assert not visible(browser, "#chart-trend-0 .static")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert visible(browser, "#chart-trend-0 .static")
    assert not visible(browser, "#chart-trend-0 .plot")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get((reports / PROCEDURE).as_uri())
        assert visible(browser, "#chart-trend-0 .static")
        assert not visible(browser, "#chart-trend-0 .plot")
        assert visible(browser, "#table-alarms table")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
