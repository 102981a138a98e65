"""Deaths in processes of their own: what the benchmark does fifty times, a few times."""

from pathlib import Path

import pytest

from benchmarks.bases import make_base
from benchmarks.crashes import DAMAGES, damaged, interrupted, kill_often, undisturbed
from styles.base_model import find_base_model


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_killed_and_damaged_runs_end_with_the_undisturbed_adapter(tmp_path: Path) -> None:
    base = find_base_model(str(make_base(tmp_path / "base", size="1M")))
    expected, seconds = undisturbed(base, tmp_path)
    tally = kill_often(base, tmp_path, expected, kills=4, seconds=seconds)
    assert (tally.kills, tally.refused, tally.diverged) == (4, 0, 0)
    begun = interrupted(base, tmp_path / "begun", seconds=seconds)
    for name in ("optimizer missing", "manifest cut short"):
        assert damaged(base, begun, how=DAMAGES[name], expected=expected) == "the same", name
