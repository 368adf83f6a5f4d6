"""A bar in a table cell that shows a value in proportion to the largest value in its column."""

from fractions import Fraction

from markupsafe import Markup

from dealtrace.cabinet.charts.svg import element

WIDTH, HEIGHT = 100, 6


def cell_bar(value: Fraction | None, largest: Fraction) -> Markup:
    """Return a bar that shows the value as a fraction of `largest`, or no markup if it is unknown or not positive.

    The bar ends at the right edge of the cell, below the number. It is hidden from screen readers, because it only
    repeats the number.
    """
    if value is None or value <= 0 or largest <= 0:
        return Markup("")
    width = max(1, round(WIDTH * value / largest))
    bar = element("rect", x=WIDTH - width, width=width, height=HEIGHT)
    size = f"0 0 {WIDTH} {HEIGHT}"
    return element(
        "svg", bar, class_="cell", viewBox=size, preserveAspectRatio="none", aria_hidden="true", focusable="false"
    )
