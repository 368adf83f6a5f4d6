"""Many lives of deals, mixed from deals 1.0 and 2.0, on both engines."""

import os

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from cast import Stage
from mixed_dialects import live
from server import ServerProcess

pytestmark = pytest.mark.torture

LIVES = int(os.environ.get("DEALTRACE_TORTURE_LIVES", "500"))


def test_both_dialects_keep_one_deal_for_long(server: ServerProcess, served: Stage) -> None:
    run_state_machine_as_test(
        live(server, served), settings=settings(max_examples=LIVES, stateful_step_count=50, deadline=None)
    )
