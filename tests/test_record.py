"""A record is its values, and the type checker lets nobody change them."""

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from dealtrace.leads.lead import LeadKind, LeadRef

CALL = LeadRef(LeadKind.CALL, 1)
CHANGING = """
from dealtrace.leads.lead import LeadKind, LeadRef

lead = LeadRef(LeadKind.CALL, 1)
lead.id = 2
"""


def test_records_of_equal_values_are_one() -> None:
    assert LeadRef(LeadKind.CALL, 1) == CALL
    assert hash(LeadRef(LeadKind.CALL, 1)) == hash(CALL)
    assert replace(CALL, id=2) != CALL
    assert [part.name for part in fields(CALL)] == ["kind", "id"]
    assert repr(CALL) == "LeadRef(kind=<LeadKind.CALL: 'call'>, id=1)"


def test_a_record_holds_nothing_beside_its_fields() -> None:
    with pytest.raises(AttributeError):
        CALL.nickname = "first"  # type: ignore[attr-defined]


def test_changing_one_is_refused_by_the_type_checker(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(CHANGING)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(tmp_path / "program.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    assert 'Property "id" defined in "LeadRef" is read-only' in done.stdout
