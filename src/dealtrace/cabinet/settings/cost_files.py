"""Files of costs: the options of an import, its preview, and the import itself."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.accounts.user import UserId
from dealtrace.attribution.campaign import CampaignNaming, campaign_key
from dealtrace.attribution.cost import (
    ACCOUNT_LENGTH_MAX,
    SYSTEM_LENGTH_MAX,
    SYSTEM_SOURCES,
    Cost,
    CostAccount,
    sum_known,
)
from dealtrace.attribution.traffic_source import SOURCE_LENGTH_MAX
from dealtrace.attribution.unmet_costs import SourceCost, UnmetCosts, find_unmet
from dealtrace.cabinet.settings.preview import ROWS_SHOWN
from dealtrace.errors import InvalidValue, Language, text_in
from dealtrace.files.costs.cells import PERCENT_MAX, read_positive
from dealtrace.files.costs.cost_columns import COST_COLUMNS
from dealtrace.files.costs.cost_file import CostFile, CostReading, read_cost_file
from dealtrace.files.costs.cost_unit import CostUnit
from dealtrace.files.import_columns import normalize_heading
from dealtrace.files.unreadable import Cure, CureKind, unreadable
from dealtrace.operations.accounts.hold_rights import Admission
from dealtrace.operations.reports.import_costs import account_name, read_named_costs, run_cost_import
from dealtrace.record import record
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.costs import CostTotals, list_accounts, sum_costs_of_days

HEADING_PREFIX = "heading_"
"""The prefix of fields in which a person enters the file's heading for a column, such as `heading_cost`."""
ACCOUNTS_SHOWN = 20
"""The maximum number of other accounts that the preview of a new account names."""
RENAMES_MAX = 1_000
TEXT = "text"
"""The value of the field `campaign` if the field `form` has the pattern by which campaigns are named."""

REMOVED, ADDED = "removed", "added"
VAT_KINDS = ("", REMOVED, ADDED)
"""The values of the field `vat`: costs are imported unchanged, VAT is removed from them, or VAT is added to them."""


@record
class CostChoices:
    """The options that a person chose for a file of costs."""

    FIELDS: ClassVar = (
        "system",
        "account",
        "source",
        "medium",
        "campaign",
        "form",
        "renames",
        "vat",
        "percent",
        "rate",
        "unit",
        "encoding",
        *(HEADING_PREFIX + column.name for column in COST_COLUMNS),
    )

    account: CostAccount
    naming: CampaignNaming
    reading: CostReading
    encoding: str | None


@record
class CostPreview:
    """A file of costs before its import: totals, days, the first costs, and campaigns without visits.

    `replaced` are the stored costs that the import would replace. `others` is `None` if the account already has
    costs; otherwise, it has the names of accounts with costs, of the same system or, if there are none, of all systems.
    `foreign` are the sources of the file that the account's system does not have; empty if its sources are unknown.
    """

    name: str
    rows: int
    costs: int
    kopecks: int
    clicks: int | None
    first_on: date | None
    last_on: date | None
    shown: Sequence[Cost]
    ignored: tuple[str, ...]
    unmet: UnmetCosts
    replaced: CostTotals
    others: Sequence[str] | None
    foreign: Sequence[str] = ()

    @property
    def unmet_kopecks(self) -> int:
        """Return the total cost of campaigns without visits, in kopecks."""
        return sum(cost.amount_kopecks for cost in self.unmet.campaigns)


def faults_of_choices(chosen: Mapping[str, str], language: Language) -> dict[str, str]:
    """Return the error messages about the options, by field; empty if all options are valid."""
    faults = _faults_of_lengths(chosen, language)
    for name, most in (("percent", PERCENT_MAX), ("rate", None)):
        try:
            _number(chosen[name], most)
        except InvalidValue as fault:
            faults[name] = text_in(language, fault)
    if chosen["vat"] and not chosen["percent"]:
        faults["percent"] = "укажите процент" if language == "ru" else "enter the percentage"
    faults |= _faults_of_naming(chosen, language) | _faults_of_headings(chosen, language)
    for name, known in (("unit", tuple(CostUnit)), ("vat", VAT_KINDS)):
        if chosen[name] not in known:
            faults[name] = "выберите из списка" if language == "ru" else "choose from the list"
    return faults


def _faults_of_lengths(chosen: Mapping[str, str], language: Language) -> dict[str, str]:
    faults = {}
    for name, length_max in (("system", SYSTEM_LENGTH_MAX), ("account", ACCOUNT_LENGTH_MAX)):
        if not chosen[name]:
            faults[name] = "заполните поле" if language == "ru" else "fill in the field"
        elif len(chosen[name]) > length_max:
            faults[name] = _too_long(length_max, language)
    for name in ("source", "medium"):
        if len(chosen[name]) > SOURCE_LENGTH_MAX:
            faults[name] = _too_long(SOURCE_LENGTH_MAX, language)
    return faults


def _too_long(length_max: int, language: Language) -> str:
    return f"не длиннее {length_max} символов" if language == "ru" else f"{length_max} characters at most"


def _faults_of_naming(chosen: Mapping[str, str], language: Language) -> dict[str, str]:
    faults = {}
    if not CampaignNaming(_form_of(chosen)).is_valid:
        ru, en = "напишите в шаблоне {id} или {name}", "write {id} or {name} in the template"
        if chosen["campaign"] != TEXT:
            ru, en = "выберите из списка", "choose from the list"
        faults["form" if chosen["campaign"] == TEXT else "campaign"] = ru if language == "ru" else en
    lines = [line for line in chosen["renames"].splitlines() if line.strip()]
    if len(lines) > RENAMES_MAX:
        faults["renames"] = f"не больше {RENAMES_MAX}" if language == "ru" else f"{RENAMES_MAX} at most"
    for line in lines:
        campaign, equals, name = line.rpartition("=")
        if not equals or not campaign.strip() or not name.strip() or len(name.strip()) > SOURCE_LENGTH_MAX:
            ru, en = f"{line}: напишите КАМПАНИЯ=НАЗВАНИЕ", f"{line}: write CAMPAIGN=NAME"
            faults["renames"] = ru if language == "ru" else en
    keys = [campaign_key(line.rpartition("=")[0].strip()) for line in lines]
    if len(set(keys)) < len(keys) and "renames" not in faults:
        ru, en = "одна кампания указана дважды: оставьте одну строку", "a campaign is given twice: keep only one line"
        faults["renames"] = ru if language == "ru" else en
    return faults


def _faults_of_headings(chosen: Mapping[str, str], language: Language) -> dict[str, str]:
    faults: dict[str, str] = {}
    given: set[str] = set()
    for column in COST_COLUMNS:
        heading = normalize_heading(chosen[HEADING_PREFIX + column.name])
        if heading and heading in given:
            ru, en = (
                "этот заголовок уже указан выше: оставьте его в одном поле",
                "this heading is already given above: keep only one of them",
            )
            faults[HEADING_PREFIX + column.name] = ru if language == "ru" else en
        given.add(heading)
    return faults


def _form_of(chosen: Mapping[str, str]) -> str:
    return chosen["form"] if chosen["campaign"] == TEXT else chosen["campaign"]


def _renames_of(chosen: Mapping[str, str]) -> dict[str, str]:
    pairs = [line.rpartition("=") for line in chosen["renames"].splitlines() if line.strip()]
    return {campaign.strip(): name.strip() for campaign, _, name in pairs}


def read_choices(chosen: Mapping[str, str]) -> CostChoices:
    """Parse options in which `faults_of_choices` found no error."""
    account = CostAccount(chosen["system"].casefold(), chosen["account"])
    percent = _number(chosen["percent"], PERCENT_MAX)
    return CostChoices(
        account,
        CampaignNaming(_form_of(chosen), _renames_of(chosen)),
        CostReading(
            columns={
                normalize_heading(heading): column.name
                for column in COST_COLUMNS
                if (heading := chosen[HEADING_PREFIX + column.name])
            },
            traffic_source=SYSTEM_SOURCES.get(account.system),
            source=chosen["source"] or None,
            medium=chosen["medium"] or None,
            rate=_number(chosen["rate"], None),
            vat_removed=percent if chosen["vat"] == REMOVED else None,
            vat_added=percent if chosen["vat"] == ADDED else None,
            unit=CostUnit(chosen["unit"]),
        ),
        chosen["encoding"] or None,
    )


def try_costs(database: Database, site: Site, path: Path, choices: CostChoices) -> CostPreview:
    """Return the preview of a file; nothing is stored.

    Raises:
        FileUnreadable: the file is not a table of costs, or a row or campaign is invalid.
    """
    file = _read_file(path, choices)
    named = read_named_costs(database, site, file.costs, choices.naming)
    costs = named.costs
    with database.read() as connection:
        replaced = sum_costs_of_days(connection, site.id, choices.account, file.days)
        accounts = list_accounts(connection, site.id)
    listed = [SourceCost(cost.traffic_source, cost.amount_kopecks) for cost in costs]
    return CostPreview(
        name=path.name,
        rows=file.rows,
        costs=len(costs),
        kopecks=sum(cost.amount_kopecks for cost in costs),
        clicks=sum_known(cost.clicks for cost in costs),
        first_on=min(file.days, default=None),
        last_on=max(file.days, default=None),
        shown=costs[:ROWS_SHOWN],
        ignored=file.layout.ignored_headings,
        unmet=find_unmet(listed, named.visited),
        replaced=replaced,
        foreign=_foreign(choices.account, costs),
        others=None if choices.account in accounts else _others(choices.account, accounts),
    )


def _foreign(account: CostAccount, costs: Sequence[Cost]) -> list[str]:
    expected = SYSTEM_SOURCES.get(account.system)
    sources = dict.fromkeys(cost.traffic_source.source for cost in costs if cost.traffic_source.source)
    return [each for each in sources if expected is not None and each.casefold() != expected.source][:ACCOUNTS_SHOWN]


def _others(account: CostAccount, accounts: Sequence[CostAccount]) -> list[str]:
    from_files = [each for each in accounts if each.origin is account.origin]
    of_system = [each for each in from_files if each.system == account.system]
    return [account_name(each) for each in of_system or from_files][:ACCOUNTS_SHOWN]


@record
class AddedCosts:
    """The result of an import: the number of rows in the file, and their total cost in kopecks."""

    rows: int
    kopecks: int


def store_costs(
    database: Database, site: Site, path: Path, choices: CostChoices, user_id: UserId, admission: Admission | None
) -> AddedCosts:
    """Import a file of costs as the command `dealtrace import costs` does.

    Raises:
        FileUnreadable: for the same reasons as in `try_costs`.
        RightsChanged: the user has lost the rights in `admission`; nothing was stored.
    """
    file = _read_file(path, choices)
    done = run_cost_import(
        database,
        site,
        choices.account,
        file.costs,
        file.days,
        choices.naming,
        now=clock.now(),
        user_id=user_id,
        admission=admission,
    )
    return AddedCosts(file.rows, sum(cost.amount_kopecks for cost in done.named.costs))


def _read_file(path: Path, choices: CostChoices) -> CostFile:
    """Return the costs of a file after checking that it has the column from which campaigns get their names.

    Raises:
        FileUnreadable: the file is not a table of costs, a row is invalid, or the column is missing.
    """
    file, naming = read_cost_file(path, choices.encoding, choices.reading), choices.naming
    for is_needed, column in ((naming.needs_id, "campaign_id"), (naming.needs_name, "campaign_name")):
        if is_needed and not file.layout.has(("campaign", column)):
            raise unreadable(
                path,
                f"нет столбца {column}, который нужен для названия кампании",
                f"the column {column}, which has the names of campaigns, is missing",
                Cure(CureKind.COLUMN, column),
            )
    return file


def _number(text: str, most: int | None) -> Decimal | None:
    return read_positive(text, most) if text else None
