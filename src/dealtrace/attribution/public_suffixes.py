"""The suffixes under which anybody can register a domain, such as `ru` and `co.uk`."""

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

SUFFIXES_REMEMBERED = 1024
LABEL_LENGTH_MAX = 63
"""The maximum number of characters between two dots of a host; converting longer ones to ASCII would take seconds."""


@cache
def public_suffixes() -> PublicSuffixList:
    """Return the Public Suffix List of the library `publicsuffixlist`; it is read on first use, which takes 40 ms."""
    return PublicSuffixList(only_icann=True)


def has_public_suffix(host: str) -> bool:
    """Return whether a host, in lower case, ends with a public suffix; the host need not be in ASCII."""
    label = host.rpartition(".")[2]
    return len(label) <= LABEL_LENGTH_MAX and _is_suffix(label)


@lru_cache(maxsize=SUFFIXES_REMEMBERED)
def _is_suffix(label: str) -> bool:
    try:
        suffix = label.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return public_suffixes().publicsuffix(f"a.{suffix}", accept_unknown=False) is not None
