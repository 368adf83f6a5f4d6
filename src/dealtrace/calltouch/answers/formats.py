"""The types of single values in answers; the schemas in `/openapi.json` are derived from these annotations."""

from typing import Annotated, TypeVar

from msgspec import Meta

from dealtrace.http.parameters import Sent
from dealtrace.whole_number import ID_MAX

ATTRIBUTION_MODEL_MAX = 6

Id = Annotated[int, Meta(ge=1, le=ID_MAX)]
Count = Annotated[int, Meta(ge=0)]
AttributionModelNumber = Annotated[int, Meta(ge=0, le=ATTRIBUTION_MODEL_MAX)]
SlashedClock = Annotated[str, Meta(pattern="^[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}$")]
DottedDay = Annotated[str, Meta(pattern="^[0-9]{2}\\.[0-9]{2}\\.[0-9]{4}$")]
FourDecimals = Annotated[str, Meta(pattern="^-?[0-9]+\\.[0-9]{4}$")]
CallerId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
EmptyList = Annotated[list[str], Meta(max_length=0)]
"""A list that is always empty here; in the vendor's answers it may have items."""

Value = TypeVar("Value")


def if_requested(sent: Sent, flag: str, value: Value) -> Value | None:
    """Return `value` if the flag named `flag` is set in `sent`, else `None`."""
    return value if sent.get(flag) else None
