"""Build SVG elements as markup with escaped content."""

from markupsafe import Markup, escape


def element(name: str, *children: Markup, **attributes: object) -> Markup:
    """Return an element; in names of attributes `_` becomes `-`, and `class_` becomes `class`."""
    shown = Markup("").join(
        Markup(' {}="{}"').format(Markup(key.rstrip("_").replace("_", "-")), value)  # noqa: S704 - our own names
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), shown, Markup("").join(children))  # noqa: S704 - our own names


def text(content: str, **attributes: object) -> Markup:
    """Return a `text` element; `attributes` give its position."""
    return element("text", escape(content), **attributes)


def titled(content: str) -> Markup:
    """Return a `title` element, which describes its parent to screen readers and as a tooltip."""
    return element("title", escape(content))
