"""The HTTP status of every refusal."""

from collections.abc import Mapping

from dealtrace import errors
from dealtrace.alerts.refusals import AlertNotFound
from dealtrace.errors import Refusal
from dealtrace.reports import refusals

STATUS_OF: Mapping[type[Refusal], int] = {
    errors.WidgetNotFound: 400,
    errors.ContactUnusable: 400,
    errors.InvalidParameters: 400,
    errors.UnreadableBody: 400,
    errors.DealKeyMissing: 400,
    errors.DealNotFound: 400,
    errors.NumberTaken: 400,
    errors.NumberReused: 400,
    errors.CallAndLeadRequest: 400,
    errors.DealNotDeleted: 400,
    errors.LeadNotFound: 400,
    errors.DealNotPinned: 400,
    errors.LeadNotDeleted: 400,
    errors.LeadNotMatched: 400,
    errors.NameTaken: 400,
    errors.LeadTaken: 400,
    errors.UnknownSetting: 400,
    errors.InvalidSetting: 400,
    errors.TokenNotFound: 400,
    errors.PersonNotFound: 400,
    errors.FileUnreadable: 400,
    errors.ImportInProgress: 400,
    errors.WebhookNotFound: 400,
    errors.DeliveryNotFound: 400,
    errors.HostNotFound: 400,
    errors.LoginRefused: 403,
    refusals.SegmentNotFound: 400,
    AlertNotFound: 400,
    errors.TokenRejected: 403,
    errors.SiteMismatch: 403,
    errors.InvitationSpent: 403,
    errors.PathNotFound: 404,
    errors.SiteNotFound: 404,
    errors.RecordingNotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.BodyTooLarge: 413,
    errors.RateExceeded: 429,
    errors.PointsSpent: 429,
    errors.AnonymousRateExceeded: 429,
    refusals.ClientGone: 499,
    errors.InternalFailure: 500,
    errors.Overloaded: 503,
    errors.DatabaseUnavailable: 503,
    refusals.ReportsBusy: 503,
    refusals.ReportTooSlow: 503,
    refusals.MirrorBusy: 503,
    refusals.ReportNotKept: 503,
    refusals.ServerStopping: 503,
}
"""The HTTP status of every refusal; a test checks that none is missing."""
