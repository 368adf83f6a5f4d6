"""The command-line options that make an unreadable file readable."""

from collections.abc import Mapping

from dealtrace.files.unreadable import CureKind, cure_of

CURES: Mapping[CureKind, str] = {
    CureKind.ENCODING: "set --encoding",
    CureKind.OTHER_ENCODING: "set another --encoding, or omit --encoding",
    CureKind.COLUMN: "or use your own with --map HEADING={what}",
    CureKind.OTHER_COLUMN: "correct --map HEADING={what}",
    CureKind.SOURCE: "set --source and --medium, or another --system",
    CureKind.RATE: "set the price of 1 {what} in rubles with --rate",
    CureKind.NO_RATE: "remove --rate",
    CureKind.UNIT: "set --cost-unit money or --cost-unit micros",
    CureKind.UNIT_OR_RATE: "check --cost-unit and --rate",
    CureKind.NO_TAX: "remove --vat or --add-vat",
    CureKind.REFUSED_ROWS: "set --refused",
}
assert set(CURES) == set(CureKind)


def message_with_cure(reason: Exception) -> str:
    """Return the message of an error; if the error is about a file, say which option makes the file readable."""
    cure = cure_of(reason)
    return str(reason) if cure is None else f"{reason}: {CURES[cure.kind].format(what=cure.what)}"
