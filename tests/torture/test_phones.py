"""A million texts of phone fields: all but a few are read as their own phones or as none."""

import os
from random import Random

import pytest

from dealtrace.leads.phone import list_phones
from phone_texts import draw_phone_text

pytestmark = pytest.mark.torture

TEXTS = int(os.environ.get("DEALTRACE_TORTURE_PHONES", "1000000"))
SEED = int(os.environ.get("DEALTRACE_TORTURE_SEED", "1"))
STRANGERS_PER_MILLION_MAX = 20
"""An order of five or six digits that begins with 7 or 8 can make a Russian number in usual groups with what follows.

So `заказ 87616 66 21 23 73 68` is still read as 77616662123. Measured with seed 1: nine of a million texts.
"""


def test_hardly_a_text_is_read_as_the_number_of_a_stranger() -> None:
    random = Random(SEED)
    drawn = (draw_phone_text(random) for _ in range(TEXTS))
    strangers = [(text.text, read) for text in drawn if not text.phones.issuperset(read := list_phones(text.text))]
    assert len(strangers) * 1_000_000 <= STRANGERS_PER_MILLION_MAX * TEXTS, strangers
