"""A page of a journal."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypedDict, TypeVar

from msgspec import Meta

from dealtrace.calltouch.answers.formats import Count

PAGE_SIZE_MAX = 1000
Record = TypeVar("Record")
_FromOne = Annotated[int, Meta(ge=1)]


class PageAnswer(TypedDict, Generic[Record]):
    """A page of records; an empty journal has one page.

    Ours: `totalPage` repeats `pageTotal`, and `recordsCount` repeats `recordsTotal`, for clients that read only
    `totalPage` or `recordsCount`.
    """

    page: _FromOne
    pageTotal: _FromOne
    totalPage: _FromOne
    pageSize: Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)]
    recordsTotal: Count
    recordsCount: Count
    records: Sequence[Record]


def page_answer(number: int, size: int, total: int, records: Sequence[Record]) -> PageAnswer[Record]:
    """Build page `number` of a journal; `size` is the page size, `total` the number of records on all pages."""
    pages = max(1, -(-total // size))
    return {
        "page": number,
        "pageTotal": pages,
        "totalPage": pages,
        "pageSize": size,
        "recordsTotal": total,
        "recordsCount": total,
        "records": records,
    }
