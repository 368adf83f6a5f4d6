"""The catalogue of errors: every refusal with its cause, what to do, and the methods that may answer with it."""

import re
from collections.abc import Mapping, Sequence

from dealtrace import errors
from dealtrace.alerts.refusals import AlertNotFound
from dealtrace.errors import Language, Refusal, text_in
from dealtrace.http.endpoint import Endpoint
from dealtrace.http.openapi.description import error_catalogue
from dealtrace.http.openapi.possible_refusals import refusals_of
from dealtrace.record import record
from dealtrace.reports import refusals

METHODS_LISTED_MAX = 8
"""The maximum number of methods listed for an error; if more can return it, the page says “nearly every method”."""
_PLACEHOLDER = re.compile(r"\{\w+\}")


@record
class Cause:
    """The cause of a refusal and its remedy, in English; pages translate both."""

    when: str
    cure: str


@record
class CatalogueRow:
    """A refusal: its code, HTTP status, cause and message; `…` in the message stands for a variable part.

    `methods` are the methods that may return the refusal; the list is empty if nearly all methods may return it
    (`is_general`).
    """

    code: int
    status: int
    name: str
    message: str
    cause: Cause
    methods: Sequence[str]
    is_general: bool


def list_catalogue(endpoints: Sequence[Endpoint], language: Language) -> list[CatalogueRow]:
    """List all refusals by code; the internal error, which is not the caller's fault, comes last."""
    methods: dict[type[Refusal], list[str]] = {}
    for endpoint in endpoints:
        for _, refusal in refusals_of(endpoint):
            methods.setdefault(refusal, []).append(endpoint.shown_name)
    rows = [_row(refusal, status, methods.get(refusal, []), language) for status, refusal in error_catalogue()]
    return sorted(rows, key=lambda row: (row.name == errors.InternalFailure.__name__, row.code))


def _row(refusal: type[Refusal], status: int, methods: Sequence[str], language: Language) -> CatalogueRow:
    is_general = len(methods) > METHODS_LISTED_MAX
    return CatalogueRow(
        code=refusal.code,
        status=status,
        name=refusal.__name__,
        message=_PLACEHOLDER.sub("…", text_in(language, refusal)),
        cause=CAUSES[refusal],
        methods=() if is_general else methods,
        is_general=is_general,
    )


CAUSES: Mapping[type[Refusal], Cause] = {
    errors.InternalFailure: Cause(
        "internal error",
        "give the administrator the request id in the message; the log has the cause under this id",
    ),
    errors.WidgetNotFound: Cause("a form of the widget has no `routeKey`", "send the widget's key"),
    errors.InvalidParameters: Cause(
        "parameters are missing, malformed or out of range",
        "correct the parameters listed in `violations`; `*` stands for the whole request",
    ),
    errors.UnreadableBody: Cause(
        "the body is not a form or JSON, is not UTF-8, or is incomplete",
        "send a body in the format that the route accepts",
    ),
    errors.BodyTooLarge: Cause("the body is larger than the limit", "send one deal per request"),
    errors.PathNotFound: Cause("the server has no such path", "check the path for misspellings"),
    errors.MethodNotAllowed: Cause("the route does not support the method", "use a method listed in `Allow`"),
    errors.ContactUnusable: Cause(
        "a form sent by the widget has neither a usable phone nor another contact",
        "send a phone with its country code, or an e-mail",
    ),
    errors.TokenRejected: Cause(
        "the token is missing, unknown or revoked",
        "check `clientApiId` or `Access-Token`, whichever the message names",
    ),
    errors.SiteMismatch: Cause(
        "the siteId in the path or header is not that of the token’s site",
        "use a token of the site with this siteId",
    ),
    errors.RateExceeded: Cause(
        "too many requests in a second from one IP address", "wait as many seconds as `Retry-After` says"
    ),
    errors.PointsSpent: Cause(
        "the site has no points left today",
        "wait as many seconds as `Retry-After` says, or raise `points_per_day`",
    ),
    errors.Overloaded: Cause(
        "too many writes or reads are waiting; nothing was stored", "send again after `Retry-After` seconds"
    ),
    errors.DatabaseUnavailable: Cause(
        "the database did not answer in time; a write may or may not have been stored",
        "send again after `Retry-After` seconds; this is safe for a deal with an `orderNumber`",
    ),
    errors.AnonymousRateExceeded: Cause(
        "one IP address sent, or one site received, too many requests without a token within a minute",
        "wait as many seconds as `Retry-After` says, or raise the server's limits per minute",
    ),
    errors.DealKeyMissing: Cause("neither `orderId` nor `orderNumber` was sent", "send `orderId` or `orderNumber`"),
    errors.DealNotFound: Cause(
        "the site has no such deal, or it is deleted",
        "check the id; `dealtrace deal history` also shows deleted deals",
    ),
    errors.NumberTaken: Cause(
        "another deal has the `orderNumber`; the message has the id of that deal",
        "send another `orderNumber`, or change the other deal",
    ),
    errors.CallAndLeadRequest: Cause(
        "both a call and a lead request were sent", "send only the call or only the lead request"
    ),
    errors.DealNotDeleted: Cause("a command tries to restore a deal that is not deleted", "no action is needed"),
    errors.LeadNotFound: Cause("a command names a lead that does not exist", "choose another lead"),
    errors.DealNotPinned: Cause("a command tries to unpin a deal that is not pinned", "no action is needed"),
    errors.LeadTaken: Cause(
        "another call or lead request, possibly deleted, has this identifier; the message has the id of that lead",
        "send a different identifier",
    ),
    errors.NumberReused: Cause(
        "a command tries to restore a deal whose number another deal now has",
        "first change or delete the other deal with this number",
    ),
    errors.NameTaken: Cause(
        "a command tries to give a site, token, login or field a name that is taken", "choose another name"
    ),
    errors.SiteNotFound: Cause(
        "a command, or a request without a token, names a site that does not exist",
        "`dealtrace site list` lists the sites",
    ),
    errors.UnknownSetting: Cause("a command names an unknown setting", "the message lists the valid settings"),
    errors.InvalidSetting: Cause(
        "a command or the cabinet tries to give a setting an invalid value", "the message says what is valid"
    ),
    errors.InvitationSpent: Cause(
        "the one-time link was already used, is wrong or has expired (cabinet)",
        "ask for a new link; a server without users prints a link when it starts",
    ),
    errors.TokenNotFound: Cause(
        "a command names a token that is not active or does not exist", "`dealtrace token list` lists the tokens"
    ),
    errors.PersonNotFound: Cause(
        "a command names a phone or e-mail about which no data is stored", "check its spelling"
    ),
    errors.LeadNotDeleted: Cause("a command tries to restore a lead that is not deleted", "no action is needed"),
    errors.RecordingNotFound: Cause(
        "the call has no recording on the web, or the site has no such call",
        "check the id; the PBX sends the URL of a recording in `recordUrl`",
    ),
    errors.LeadNotMatched: Cause(
        "no lead matches the `matching` of an item", "send the id of the lead, or increase `searchDepth`"
    ),
    errors.FileUnreadable: Cause(
        "a file to import cannot be read, or is not a table with the required columns",
        "the message says what is wrong",
    ),
    errors.ImportInProgress: Cause(
        "the file to import is already being imported",
        "wait until that import has finished",
    ),
    errors.WebhookNotFound: Cause(
        "a command names a webhook that does not exist", "`dealtrace webhook list` lists the webhooks"
    ),
    errors.DeliveryNotFound: Cause(
        "a command tries to replay a message that was never sent to this webhook, or is no longer stored",
        "check the `webhook-id` of the message; deliveries are kept for 30 days",
    ),
    AlertNotFound: Cause(
        "a command names an alert that the site does not have", "`dealtrace alert list SITE_ID` lists the alerts"
    ),
    errors.HostNotFound: Cause(
        "the site has no such host of the kind that the command names",
        "`dealtrace source host list SITE_ID` lists the hosts",
    ),
    errors.LoginRefused: Cause(
        "the login or the password is wrong (cabinet)",
        "`dealtrace user password LOGIN` sets a new password",
    ),
    refusals.ReportsBusy: Cause("too many reports are running and waiting", "send again after `Retry-After` seconds"),
    refusals.ReportTooSlow: Cause(
        "a report took too long and was stopped",
        "choose a shorter period or fewer dimensions",
    ),
    refusals.MirrorBusy: Cause(
        "the figures for reports are being prepared, or another process is using them",
        "send again after `Retry-After` seconds",
    ),
    refusals.ReportNotKept: Cause(
        "the disk with the server's temporary files is full",
        "choose a shorter period, fewer dimensions or a smaller file; on the server, make room or set `TMPDIR`",
    ),
    refusals.ServerStopping: Cause(
        "the server began to stop before the report, list or file was ready", "send again after `Retry-After` seconds"
    ),
    refusals.ClientGone: Cause(
        "the client closed the connection before its report was ready; only the log shows this error",
        "wait for the answer",
    ),
    refusals.SegmentNotFound: Cause(
        "a command names a segment that the site does not have", "`dealtrace segment list SITE_ID` lists the segments"
    ),
}
"""The causes of all refusals, and what to do about them; `docs/api.md` has the same rows."""
