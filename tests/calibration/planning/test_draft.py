"""A plan while it is drawn: what is missing, and that what is read is written again as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calibration.planning.draft import Draft, LevelDraft, ViewDraft, draft_of
from calibration.planning.marking import Marking, confirmed
from calibration.planning.outline import drawn_outline
from monitor.derived import derive
from monitor.errors import PlanError
from monitor.plan import ImageSize, Scale
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from tests.calibration.planning.phantom import CORNERS

_OUTLINE = drawn_outline((*CORNERS, None, None, None, None))
_VIEW = ViewDraft(
    "lateral", "lateral", (LevelDraft("L1", _OUTLINE, confirmed=True),), Scale(0.35, 0.02, "test"),
    ImageSize(300, 320),
)  # fmt: skip


@pytest.mark.parametrize("projection", ["lateral", "ap"])
@pytest.mark.parametrize("name", ["twolevels", "canal"])
def test_a_plan_that_is_read_is_written_as_it_was(name: str, projection: str) -> None:
    plan = plan_for(name, SimulationSettings(projection=projection))
    assert draft_of(plan).plan() == plan


def test_a_level_that_is_changed_is_written_anew() -> None:
    plan = plan_for("canal")
    draft = draft_of(plan)
    view = draft.views[0]
    moved = Marking(lambda _: pytest.fail("no edge is looked for"), snapping=False).moved(
        view,
        0,
        1,
        (view.levels[0].outline.handles[1][0] + 4, view.levels[0].outline.handles[1][1]),
        final=True,
    )
    level = draft.with_view(0, moved).plan().views[0].levels[0]
    old = plan.views[0].levels[0]
    assert level.posterior_wall is not None
    assert old.posterior_wall is not None
    assert level.posterior_wall[0][0] == pytest.approx(old.posterior_wall[0][0] + 4, abs=0.5)
    assert level.veins == old.veins
    assert level.cannulas == old.cannulas


def test_what_is_drawn_is_a_plan_with_its_walls() -> None:
    level = Draft((_VIEW,)).plan().views[0].levels[0]
    assert level.posterior_wall is not None
    assert level.anterior_wall is not None
    assert level.superior_endplate is not None
    assert level.inferior_endplate is not None
    assert level.superior_endplate[0] == CORNERS[0]
    assert level.posterior_wall[0] == CORNERS[1]
    assert derive(Draft((_VIEW,)).plan().views[0], level).names == frozenset()


def test_in_ap_no_wall_is_claimed_to_be_the_posterior_one() -> None:
    view = replace(_VIEW, name="ap", projection="ap")
    level = Draft((view,)).plan().views[0].levels[0]
    assert level.posterior_wall is None
    assert level.anterior_wall is None
    assert level.superior_endplate is not None


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (Draft(), "no level is marked"),
        (Draft((replace(_VIEW, scale=None),)), "no scale"),
        (Draft((_VIEW.with_level(0, replace(_VIEW.levels[0], confirmed=False)),)), "L1 is proposed"),
        (Draft((replace(_VIEW, levels=_VIEW.levels * 2),)), "used twice"),
        (Draft((replace(_VIEW, scale=Scale(3.0, 0.1, "typed")),)), "no vertebral body does"),
    ],
)
def test_what_is_missing_is_said(draft: Draft, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        draft.plan()


def test_a_view_without_levels_is_left_out() -> None:
    plan = Draft((_VIEW, ViewDraft("ap", "ap"))).plan()
    assert [view.name for view in plan.views] == ["lateral"]
    assert confirmed(_VIEW) == _VIEW
