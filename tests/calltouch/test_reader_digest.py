"""The name of a reader, which every process must find alike."""

import subprocess
import sys

PROGRAM = """
from dealtrace.attribution.credit import AttributionModel
from dealtrace.calltouch.journals.requested_page import reader_digest
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.journals.lead_journal import LeadQuery, QualificationFilter
query = LeadQuery(LeadKind.CALL, AttributionModel(1), qualifications=frozenset(QualificationFilter))
print(reader_digest((1, 2, query)), reader_digest((1, 3, query)))
"""


def test_a_reader_has_the_same_name_in_every_process() -> None:
    names = set()
    for seed in ("1", "2", "3"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        names.add(done.stdout)
    assert len(names) == 1
    assert len(set(names.pop().split())) == 2
