"""The lines of a report as a tree, read from the page."""

import html
import re

LINE = re.compile(r'<tr id="(row\d+)">\s*<th scope="row" class="level(\d)[^"]*">(.*?)</th>(.*?)</tr>', re.DOTALL)


class Line:
    """A line of a tree: its level, key, links and figures; `rows` has the links to the rows behind its figures."""

    def __init__(self, found: tuple[str, str, str, str]) -> None:
        self.id, level, head, cells = found
        self.level = int(level)
        fold = re.search(r'<a class="fold" href="([^"]+)" aria-expanded="(\w+)"', head)
        self.fold = html.unescape(fold[1]) if fold is not None else ""
        self.is_open = fold is not None and fold[2] == "true"
        self.text = html.unescape(re.sub(r"<[^>]+>|[▸▾]", "", head)).strip()
        links = [html.unescape(url) for url in re.findall(r'<a(?! class="fold") href="([^"]+)"', head)]
        self.url = links[0] if links else ""
        self.cells = [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", cells, re.DOTALL)
        ]
        self.rows = [
            (html.unescape(url), html.unescape(figure))
            for url, figure in re.findall(r'<a href="([^"]+/reports/rows\?[^"]+)"[^>]*>([^<]+)</a>', cells)
        ]


def lines_of(page: str) -> list[Line]:
    """Return the lines of the tree on a page, without its total."""
    return [Line(found) for found in LINE.findall(page)]


def tree_of(page: str) -> list[tuple[int, str]]:
    """Return the level and the key of each line."""
    return [(line.level, line.text) for line in lines_of(page)]


def line_of(page: str, text: str, level: int = 0) -> Line:
    """Return the first line of a level with this key."""
    return next(line for line in lines_of(page) if (line.level, line.text) == (level, text))
