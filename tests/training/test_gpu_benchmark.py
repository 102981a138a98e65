"""The benchmark for GPUs runs as a whole, at a small size on a CPU, so that it is not broken where there is a GPU."""

import pytest

from benchmarks.gpu import Speed, main


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # TRL's own
def test_the_whole_benchmark_runs_at_a_small_size(capsys: pytest.CaptureFixture[str]) -> None:
    main(["1M", "--chats", "40", "--device", "cpu", "--vocabulary", "8192"])
    lines = capsys.readouterr().out.splitlines()
    assert sum("tokens/s" in line for line in lines) == 3


def test_four_operations_are_counted_for_each_token_and_parameter() -> None:
    assert Speed(12_473, 0).mfu(8_030_000_000) == pytest.approx(0.405, abs=0.001)
