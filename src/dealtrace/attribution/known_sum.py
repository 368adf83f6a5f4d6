"""A sum to which something unknown belongs, such as an amount without an exchange rate or costs without clicks."""


def known_sum(added: int, *, has_unknown: bool) -> int | None:
    """Return a sum that leaves out unknown numbers, or `None` if it is zero and `has_unknown` says that there are some.

    So a sum to which something unknown belongs is never shown as zero, wherever it is computed.
    """
    return added if added or not has_unknown else None
