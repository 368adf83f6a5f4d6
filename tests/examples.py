"""How many random examples a property is tried with: all in `make torture`, otherwise fewer, but new ones in each run.

What is drawn without chance (`derandomize`) is drawn whole, since later runs would add nothing.
"""

from hypothesis import settings

ALL, FEW = "all examples", "few examples"
SHARE_PERCENT = 40

settings.register_profile(ALL, deadline=None)
_BY_DEFAULT = settings.get_profile(ALL).max_examples
settings.register_profile(FEW, deadline=None, derandomize=False, max_examples=_BY_DEFAULT * SHARE_PERCENT // 100)


def examples(number: int) -> int:
    """Return how many of a number of examples this run tries."""
    return number * settings.default.max_examples // _BY_DEFAULT
