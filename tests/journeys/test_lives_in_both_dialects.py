"""A deal's life mixed from deals 1.0 and 2.0, against a plain model: few lives here, many in `make torture`."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from cast import Stage
from engines import on_one_engine
from mixed_dialects import live
from server import ServerProcess


@on_one_engine
def test_both_dialects_keep_one_deal(server: ServerProcess, served: Stage) -> None:
    run_state_machine_as_test(
        live(server, served), settings=settings(max_examples=5, stateful_step_count=15, deadline=None)
    )
