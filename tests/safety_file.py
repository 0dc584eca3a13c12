"""The safety file: hazards and requirements in docs/safety.toml, each traced to tests.

``python -m tests.safety_file`` writes docs/hazards.md and docs/requirements.md from it. What is missing
in it is found by `holes`; the test run fails while there is any.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from monitor.rule_table import RULES
from monitor.states import State

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "safety.toml"
PACKAGES = ("monitor", "calibration", "recordings", "ui")
SEVERITIES = {
    "severe": "paralysis, embolism or death",
    "serious": "injury that passes, a repeated or abandoned procedure",
    "minor": "delay, or a record that is lost",
    "privacy": "somebody learns what is not theirs to know",
}


class Hazard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may go wrong, why, and what is left of it. `open` is what nothing is done about yet."""

    id: str
    name: str
    severity: str
    cause: str
    mitigation: str
    residual: str
    open: tuple[str, ...] = ()


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must hold, against which hazards, and the tests that show it.

    `rules`, `states` and `reasons` name the alarms, states and reason codes that it is about.
    """

    id: str
    text: str
    hazards: tuple[str, ...]
    source: str
    tests: tuple[str, ...]
    rules: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


class SafetyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    hazard: tuple[Hazard, ...]
    requirement: tuple[Requirement, ...]


def read_safety_file(path: Path = TABLE) -> SafetyFile:
    """Read the table. Raises `msgspec.ValidationError` that names a wrong or missing key."""
    return msgspec.toml.decode(path.read_bytes(), type=SafetyFile)


# ---- what the program says of itself


def _modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def _calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
            yield node


def _argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == name]
    return call.args[place] if len(call.args) > place else next(iter(named), None)


def reason_codes() -> tuple[set[str], set[str]]:
    """Codes of every ``Reason(...)`` in the program, and the expressions that are no plain code."""
    codes, indirect = set(), set()
    for path in _modules():
        for call in _calls(path, "Reason"):
            code = _argument(call, 1, "code")
            if isinstance(code, ast.Constant):
                codes.add(str(code.value))
            elif code is not None:
                indirect.add(f"{path.relative_to(ROOT).as_posix()}: {ast.unparse(code)}")
    return codes, indirect


def disturbances() -> set[str]:
    """What `Located.disturbed` may be, and what stands in its place where it is None."""
    found = set()
    for call in _calls(ROOT / "monitor" / "tracking.py", "Located"):
        disturbed = _argument(call, 2, "disturbed")
        if isinstance(disturbed, ast.Constant):
            found.add(str(disturbed.value))
    level = (ROOT / "monitor" / "level.py").read_text("utf-8")
    return found | set(re.findall(r'located\.disturbed or "(\w+)"', level))


# ---- what is missing


def _doubled(what: str, names: Iterable[str], pattern: str) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {name} is there {count} times"
        if not re.fullmatch(pattern, name):
            yield f"{what} {name}: its id is not like {pattern}"


def _uncovered(table: SafetyFile, field: str, there: set[str]) -> Iterator[str]:
    named = {name for requirement in table.requirement for name in getattr(requirement, field)}
    yield from (f"no requirement covers {field[:-1]} {name}" for name in sorted(there - named))
    yield from (f"a requirement names {field[:-1]} {name}, which is none" for name in sorted(named - there))


def _unmentioned(requirement: Requirement, texts: Mapping[str, str]) -> Iterator[str]:
    """A rule or reason that no test module of its requirement as much as mentions is not tested there."""
    said = "".join(texts[test.partition("::")[0]] for test in requirement.tests)
    for rule in requirement.rules:
        structure = RULES[rule].structure if rule in RULES else None
        if rule not in said and (structure is None or f'"{structure}"' not in said):
            yield f"{requirement.id}: none of its tests mentions rule {rule}"
    for code in requirement.reasons:
        if f'"{code}"' not in said:
            yield f"{requirement.id}: none of its tests mentions reason {code}"


def holes(table: SafetyFile, collected: set[str], codes: set[str]) -> list[str]:
    """What is missing, a line each; empty where every trace is whole.

    Parameters
    ----------
    collected : set of str
        Node ids of the tests that run everywhere, without parameters in brackets.
    codes : set of str
        Reason codes of the program.
    """
    found = [
        *_doubled("hazard", (hazard.id for hazard in table.hazard), r"HAZ-\d\d"),
        *_doubled("requirement", (requirement.id for requirement in table.requirement), r"REQ-\d\d\d"),
    ]
    known = {hazard.id for hazard in table.hazard}
    met = {name for requirement in table.requirement for name in requirement.hazards}
    found += [f"hazard {name} has no requirement" for name in sorted(known - met)]
    for hazard in table.hazard:
        if hazard.severity not in SEVERITIES:
            found.append(
                f"hazard {hazard.id}: severity {hazard.severity!r} is none of {', '.join(SEVERITIES)}"
            )
    for requirement in table.requirement:
        if not requirement.tests:
            found.append(f"requirement {requirement.id} has no test")
        if not requirement.hazards:
            found.append(f"requirement {requirement.id} is against no hazard")
        found += [f"{requirement.id}: no hazard {name}" for name in requirement.hazards if name not in known]
        missing = [test for test in requirement.tests if test not in collected]
        found += [f"{requirement.id}: no test {test} that runs everywhere" for test in missing]
        if not missing:
            texts = {
                name: (ROOT / name).read_text("utf-8")
                for name in {test.partition("::")[0] for test in requirement.tests}
            }
            found += _unmentioned(requirement, texts)
    found += _uncovered(table, "rules", set(RULES))
    found += _uncovered(table, "states", set(State.__members__))
    found += _uncovered(table, "reasons", codes)
    return found


# ---- the documents

_MADE = "Made from docs/safety.toml by `python -m tests.safety_file`; a test sees that both agree."
_HAZARDS = f"""# Hazards

{_MADE}

What may harm somebody, why, what is done about it, what is left, and the tests that show that it is done.
The order of thought is that of a risk analysis after ISO 14971; conformance with it is not claimed, and this
is research and training software, [not a medical device](intended-use.md). How likely a harm is has not been
estimated: there are no procedures to count. The severity is that of the worst that can be believed to follow
where the hazard is not noticed:
"""
_REQUIREMENTS = f"""# Requirements

{_MADE} The
test run fails where a requirement names no test that there is, where a [hazard](hazards.md) has no
requirement, and where a rule, a state or a reason code of the program has none.

"""


def _tests(names: Iterable[str]) -> str:
    return "\n".join(f"  - `{name}`" for name in names)


def hazards_as_markdown(table: SafetyFile) -> str:
    """docs/hazards.md, ending in a newline."""
    parts = [_HAZARDS]
    parts += [f"\n- **{name}**: {words}" for name, words in SEVERITIES.items()]
    parts.append("\n\n## Not yet mitigated\n\n")
    parts += [f"- [{h.id}](#{h.id.lower()}) {h.name}: {text}\n" for h in table.hazard for text in h.open]
    for hazard in table.hazard:
        against = [r for r in table.requirement if hazard.id in r.hazards]
        shown = dict.fromkeys(test for requirement in against for test in requirement.tests)
        parts.append(
            f'\n## <a id="{hazard.id.lower()}"></a>{hazard.id} {hazard.name}\n\n'
            f"- **severity**: {hazard.severity}\n"
            f"- **cause**: {hazard.cause}\n"
            f"- **mitigation**: {hazard.mitigation} "
            f"({', '.join(f'[{r.id}](requirements.md#{r.id.lower()})' for r in against)})\n"
            f"- **what is left**: {hazard.residual}\n"
        )
        parts += [f"- **not yet mitigated**: {text}\n" for text in hazard.open]
        parts.append(f"- **shown by**\n{_tests(shown)}\n")
    return "".join(parts)


def requirements_as_markdown(table: SafetyFile) -> str:
    """docs/requirements.md, ending in a newline."""
    parts = [_REQUIREMENTS]
    for requirement in table.requirement:
        against = ", ".join(f"[{name}](hazards.md#{name.lower()})" for name in requirement.hazards)
        about = [
            f"- **{what}**: {', '.join(f'`{name}`' for name in names)}\n"
            for what, names in (
                ("alarms", requirement.rules),
                ("states", requirement.states),
                ("reasons", requirement.reasons),
            )
            if names
        ]
        parts.append(
            f'## <a id="{requirement.id.lower()}"></a>{requirement.id}\n\n{requirement.text}\n\n'
            f"- **against**: {against}\n- **source**: {requirement.source}\n{''.join(about)}"
            f"- **tests**\n{_tests(requirement.tests)}\n\n"
        )
    return "".join(parts).rstrip("\n") + "\n"


if __name__ == "__main__":
    whole = read_safety_file()
    (ROOT / "docs" / "hazards.md").write_text(hazards_as_markdown(whole), "utf-8")
    (ROOT / "docs" / "requirements.md").write_text(requirements_as_markdown(whole), "utf-8")
