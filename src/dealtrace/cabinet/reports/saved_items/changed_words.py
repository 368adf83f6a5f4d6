"""Describe changes to segments and saved reports in the words that pages of reports use."""

from collections.abc import Mapping
from dataclasses import replace

from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.cabinet.choices import period_choices
from dealtrace.cabinet.reports.chips import filters_in_words
from dealtrace.cabinet.reports.report_url import USUAL, report_url_at
from dealtrace.errors import Language, text_in
from dealtrace.record import record
from dealtrace.reports.dimensions import DIMENSIONS, FIELD_PREFIX, field_dimension
from dealtrace.reports.filters import LIST_SEPARATOR, parse_names, split_escaped
from dealtrace.reports.metrics import COLUMN_PREFIX, METRICS, Metric


def change_in_words(change: SiteChange, language: Language, columns: Mapping[str, Metric]) -> SiteChange:
    """Return a change with the contents of a segment or saved report in words.

    Changes to names, and changes to other settings, are returned unchanged.
    `columns` has the metrics of the site's own report columns by name.
    """
    if change.before == change.name or change.kind not in (ChangeKind.SEGMENT, ChangeKind.SAVED_REPORT):
        return change
    said = _Said(language, columns)
    words = said.segment if change.kind is ChangeKind.SEGMENT else said.report
    return replace(change, before=words(change.before), after=words(change.after))


@record
class _Said:
    language: Language
    columns: Mapping[str, Metric]

    def segment(self, text: str) -> str:
        """Return stored filters in words."""
        filters = [part.strip() for part in split_escaped(text, LIST_SEPARATOR) if part.strip()]
        return ", ".join(filters_in_words(filters, self.language))

    def report(self, query: str) -> str:
        """Return a stored report in words: its groupings, metrics, period, segment and filters."""
        if not query:
            return ""
        url = report_url_at("", query)
        days = " – ".join(filter(None, (url.get("from"), url.get("to"))))
        periods = period_choices(url.get("period") or USUAL["period"], self.language)
        parts = (
            ", ".join(map(self._dimension, parse_names(url.get("by")))),
            ", ".join(map(self._metric, parse_names(url.get("metrics")))),
            days or "".join(each.label for each in periods if each.is_chosen),
            url.get("segment"),
            *filters_in_words(url.filters, self.language),
        )
        return " · ".join(filter(None, parts))

    def _dimension(self, name: str) -> str:
        if name.startswith(FIELD_PREFIX):
            return text_in(self.language, field_dimension(name.removeprefix(FIELD_PREFIX)))
        return text_in(self.language, DIMENSIONS[name]) if name in DIMENSIONS else name

    def _metric(self, name: str) -> str:
        metric = METRICS.get(name) or self.columns.get(name)
        return text_in(self.language, metric) if metric is not None else name.removeprefix(COLUMN_PREFIX)
