"""Failures to get an answer that no retry can heal, such as `https` in the URL of a server that speaks plain HTTP."""

import ssl

import httpx

_WRONG_PROTOCOL = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})
"""The reasons that OpenSSL gives if the server does not answer in TLS."""
_PASSING = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""The errors of TLS by which a server that is stopping or starting closes a connection."""
_PASSING_ALERTS = frozenset({"TLSV1_ALERT_INTERNAL_ERROR", "TLSV1_ALERT_USER_CANCELLED"})


def advice_on(error: httpx.TransportError) -> str:
    """Return what is wrong and what to do if a retry cannot help; otherwise, return an empty string."""
    if isinstance(error, httpx.ConnectError):
        fault = _tls_fault(error)
        return _advice_on_tls(fault) if fault is not None else ""
    if isinstance(error, httpx.RemoteProtocolError) and str(error).startswith("illegal "):
        return "the server does not answer in HTTP: check the port, and write https:// in address if it expects TLS"
    if isinstance(error, httpx.ProxyError) and str(error).startswith(("403", "407")):
        return "the proxy refuses the connection: check the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return "the request cannot be sent: check address, token and the values of the call"
    return ""


def _tls_fault(error: BaseException) -> ssl.SSLError | None:
    """Return the error of TLS that caused an error of httpx, or `None` if something else did."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause


def _advice_on_tls(fault: ssl.SSLError) -> str:
    reason = fault.reason or ""
    if isinstance(fault, _PASSING) or reason in _PASSING_ALERTS:
        return ""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return (
            "the server's certificate is not trusted: use the name in the certificate as address, renew it, or name "
            "the file of its authority in SSL_CERT_FILE"
        )
    if reason in _WRONG_PROTOCOL:
        return "the server does not answer in TLS: write http:// in address, or the port on which it expects TLS"
    return "the server and this client have no version or method of TLS in common: check the server's TLS settings"
