"""A million texts of phone fields: each is read as its own phones or as none."""

import os
from random import Random

import pytest

from dealtrace.leads.phones.normal_form import list_phones
from phone_texts import draw_phone_text

pytestmark = pytest.mark.torture

TEXTS = int(os.environ.get("DEALTRACE_TORTURE_PHONES", "1000000"))
SEED = int(os.environ.get("DEALTRACE_TORTURE_SEED", "1"))


def test_no_text_is_read_as_the_number_of_a_stranger() -> None:
    random = Random(SEED)
    drawn = (draw_phone_text(random) for _ in range(TEXTS))
    strangers = [(text.text, read) for text in drawn if not text.phones.issuperset(read := list_phones(text.text))]
    assert strangers == []
