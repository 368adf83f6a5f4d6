"""Build SVG elements as markup with escaped content."""

from markupsafe import Markup, escape


def element(name: str, *children: Markup, **attributes: object) -> Markup:
    """Return an element; in names of attributes `_` becomes `-`, and `class_` becomes `class`."""
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    content = "".join(map(escape, children))
    return Markup(f"<{name}{shown}>{content}</{name}>")  # noqa: S704 - our own names, and the rest is escaped


def text(content: str, **attributes: object) -> Markup:
    """Return a `text` element; `attributes` give its position."""
    return element("text", escape(content), **attributes)


def titled(content: str) -> Markup:
    """Return a `title` element, which describes its parent to screen readers and as a tooltip."""
    return element("title", escape(content))
