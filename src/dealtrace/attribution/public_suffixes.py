"""The suffixes under which anybody can register a domain, such as `ru` and `co.uk`."""

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

SUFFIXES_REMEMBERED = 1024


@cache
def public_suffixes() -> PublicSuffixList:
    """Return the Public Suffix List that the library includes; it is read on first use, because reading takes 40 ms."""
    return PublicSuffixList(only_icann=True)


@lru_cache(maxsize=SUFFIXES_REMEMBERED)
def has_public_suffix(host: str) -> bool:
    """Return whether a host, in lower case, ends with a suffix of the list; its letters may be of any alphabet."""
    try:
        suffix = host.rpartition(".")[2].encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return public_suffixes().publicsuffix(f"a.{suffix}", accept_unknown=False) is not None
