"""Find the page that shows a form, given the path to which the form is sent."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

HOME = "/cabinet/"
_PARAMETER = re.compile(r"\{\w+(:int)?\}")


class SendingPages:
    """Finds the page from which a form was sent.

    `pages` has the method and the path of every page; paths are those of the table of pages, such as `/{site:int}/`.
    """

    def __init__(self, pages: Iterable[tuple[str, str]]) -> None:
        listed = list(pages)
        self._shown = {path for method, path in listed if method == "GET"}
        self._patterns = [_pattern_of(path) for path in self._shown]
        self._sent_only = [_pattern_of(path) for method, path in listed if method == "POST" and path not in self._shown]

    def find(self, page: str, path: str) -> str:
        """Return the path of the page with the form that is sent to `path`.

        `page` is the path in the table of pages that `path` matches. The result is the longest beginning of `path` that
        leads to a page, or the path of the home page if there is none.
        """
        parts = page.split("/")
        lengths = range(len(parts), 1, -1)
        length = next((length for length in lengths if "/".join(parts[:length]) in self._shown), 0)
        return "/".join(path.split("/")[: length + 1]) if length else HOME

    def find_sender(self, page: str, path: str, referer: str, host: str) -> str:
        """Return the path and query of the page from which a form was sent to `path`, as the browser states it.

        If the browser states no page of ours, return the page that shows the form.
        """
        try:
            sender = urlsplit(referer)
        except ValueError:
            return self.find(page, path)
        if sender.netloc != host or not self._is_shown(sender.path):
            return self.find(page, path)
        return f"{sender.path}?{sender.query}" if sender.query else sender.path

    def _is_shown(self, path: str) -> bool:
        """Return whether a path is the path of a page, and not of a form that is shown on another page."""
        is_page, is_form = (
            any(pattern.fullmatch(path) for pattern in each) for each in (self._patterns, self._sent_only)
        )
        return is_page and not is_form


def _pattern_of(path: str) -> re.Pattern[str]:
    return re.compile("/cabinet" + _PARAMETER.sub(lambda part: "[0-9]+" if part[1] else "[^/]+", path))


NO_PAGES = SendingPages(())
"""No pages, for routes that take no forms."""
