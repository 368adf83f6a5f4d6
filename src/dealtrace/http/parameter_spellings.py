"""Recognise the known names of parameters as other programs write them: `OrderNumber`, `tags[]`, `phoneNumber[0]`."""

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from dealtrace.errors import Violation
from dealtrace.http.query_string import Pairs

SPELT_LENGTH_MAX = 150
"""The maximum length of a name that is compared with the known ones, enough for the name of any custom field."""
ONE_VALUE = ("передан список, а нужно одно значение", "a list was sent, but one value is expected")
_LIST = re.compile(r"(?P<name>[^\[\]]+)(?:\[[0-9]{0,3}\])+")
_LIST_OF_FAMILY = re.compile(r"[^\[\]]+(?P<key>\[[^\[\]]*\])(?P<list>(?:\[[0-9]{0,3}\])*)")


class Spellings:
    """Recognises the names of a table's parameters in any case, and with the brackets of a list, such as `tags[]`.

    `opening` begins every name of the table's family of parameters, such as `custom[`. The elements of a list are
    joined with commas if its name is in `listed` or is the name of a custom field; a list of several elements is
    refused for any other parameter. Values of a name in `several` are joined even if it was repeated without brackets.
    Ours: these spellings are accepted, because the values would otherwise be ignored silently, and no program sends
    such a name for anything else.
    If a parameter is also sent under its exact name, its other spellings are ignored, unless it is in `several`: then
    the values of all its spellings count, as if the parameter were repeated.
    """

    def __init__(
        self, names: Iterable[str], *, listed: Collection[str], several: Collection[str], opening: str | None
    ) -> None:
        self._exact = frozenset(names)
        self._by_folded = {name.lower(): name for name in self._exact}
        self._listed = frozenset(listed)
        self._several = frozenset(several)
        self._opening = opening

    def respelt(self, pairs: Pairs) -> Pairs:
        """Return `pairs` with known names in place of their other spellings; unknown names stay as they are."""
        meant: dict[str, str] = {}
        others = pairs.values.keys() - self._exact
        if pairs.broken or not all(map(self._is_of_family, others)):
            meant = self._meant_names(pairs)
        if meant:
            pairs = self._renamed(pairs, meant)
        repeated = [name for name in self._several if name in pairs.further] if pairs.further else []
        return _joined(pairs, repeated) if repeated else pairs

    def _meant_names(self, pairs: Pairs) -> dict[str, str]:
        """Return the known name for each of its other spellings that was sent, in the order of `pairs`.

        A name in `several` that was also sent in its exact spelling is included, so that all its values are joined.
        """
        sent = (*pairs.values, *pairs.broken)
        meant = {name: known for name in sent if name not in self._exact and (known := self._known(name, pairs))}
        exact = self._several.intersection(meant.values(), sent)
        return {name: meant.get(name, name) for name in sent if name in meant or name in exact} if exact else meant

    def _is_of_family(self, name: str) -> bool:
        """Return whether a name is that of a custom field in its exact spelling, such as `custom[key]`."""
        opening = self._opening
        return opening is not None and name.startswith(opening) and name[-1] == "]" and "[" not in name[len(opening) :]

    def _known(self, name: str, pairs: Pairs) -> str | None:
        """Return the known name of which `name` is another spelling, or `None` if there is none or it was sent too."""
        if len(name) > SPELT_LENGTH_MAX:
            return None
        known: str | None
        if self._opening is not None and name.lower().startswith(self._opening):
            found = _LIST_OF_FAMILY.fullmatch(name)
            known = f"{self._opening[:-1]}{found['key']}" if found is not None else name
        else:
            found = _LIST.fullmatch(name)
            known = self._by_folded.get((found["name"] if found is not None else name).lower())
        is_sent = known not in self._several and (known in pairs.values or known in pairs.broken)
        return None if is_sent else known

    def _renamed(self, pairs: Pairs, meant: dict[str, str]) -> Pairs:
        renamed = Pairs(
            {name: text for name, text in pairs.values.items() if name not in meant},
            {name: violation for name, violation in pairs.broken.items() if name not in meant},
            {name: texts for name, texts in pairs.further.items() if name not in meant},
            dict(pairs.broken_further),
        )
        lists = dict.fromkeys(known for name, known in meant.items() if name.lower() != known.lower())
        for name, known in meant.items():
            for text in pairs.all_of(name):
                renamed.add(known, text)
            violation = pairs.broken.get(name) or pairs.broken_further.get(name)
            if violation is not None:
                renamed.broken.setdefault(known, replace(violation, field=known))
        sent_lists = [name for name in lists if name in renamed.further]
        for name in sent_lists:
            if name in self._exact and name not in self._listed:
                renamed.broken.setdefault(name, Violation(name, *ONE_VALUE))
        return _joined(renamed, sent_lists)


def _joined(pairs: Pairs, names: Iterable[str]) -> Pairs:
    """Return `pairs` with the values of each name in `names` joined with commas."""
    texts = {name: ",".join(pairs.all_of(name)) for name in names}
    further = {name: values for name, values in pairs.further.items() if name not in texts}
    return replace(pairs, values={**pairs.values, **texts}, further=further)
