"""Failures to get an answer that no retry can heal, such as `https` in the URL of a server that speaks plain HTTP."""

import ssl

import httpx

_WRONG_PROTOCOL = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})
"""The reasons that OpenSSL gives if the server does not answer in TLS."""
_PASSING = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""The errors of TLS by which a server that is stopping or starting closes a connection."""
_NOTHING_IN_COMMON = frozenset(
    {
        "NO_CIPHERS_AVAILABLE",
        "NO_PROTOCOLS_AVAILABLE",
        "NO_SUITABLE_SIGNATURE_ALGORITHM",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_SSL_VERSION",
        "DH_KEY_TOO_SMALL",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
    }
)
_REFUSED = frozenset({"SSLV3_ALERT_HANDSHAKE_FAILURE"})
"""The reason if nothing is in common, and also if a server with TLS 1.2 misses the client's certificate."""
_WANTS_CERTIFICATE = frozenset({"TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_BAD_CERTIFICATE"})
"""The reasons if a server misses the client's certificate; with TLS 1.3, they come when the answer is read."""
_UNKNOWN_NAME = frozenset({"TLSV1_UNRECOGNIZED_NAME"})
_ADVICE = (
    (
        _WRONG_PROTOCOL,
        "the server does not answer in TLS: write http:// in address, or the port on which it expects TLS",
    ),
    (
        _NOTHING_IN_COMMON,
        "the server and this client have no version or method of TLS in common: check the server's TLS settings",
    ),
    (
        _REFUSED,
        (
            "the server and this client have no version or method of TLS in common, or the server asks for a client's "
            "certificate, and this client has none: check the server's TLS settings"
        ),
    ),
    (
        _UNKNOWN_NAME,
        "the server does not know the name in address: use a name that its TLS settings have",
    ),
    (
        _WANTS_CERTIFICATE,
        "the server asks for a client's certificate, and this client has none: check the server's TLS settings",
    ),
)
"""What to do, by the reasons that OpenSSL gives; failures for other reasons are tried again."""


def advice_on(error: httpx.TransportError | ssl.SSLError) -> str:
    """Return what is wrong and what to do if a retry cannot help; otherwise, return an empty string.

    Once a connection is made, other faults of TLS may pass, and the server may have stored what it was sent.
    """
    if isinstance(error, httpx.ConnectError):
        fault = _tls_fault(error)
        return _advice_on_tls(fault) if fault is not None else ""
    if isinstance(error, httpx.ReadError | ssl.SSLError):
        fault = _tls_fault(error)
        return _advice_on_tls(fault) if fault is not None and fault.reason in _WANTS_CERTIFICATE else ""
    if isinstance(error, httpx.RemoteProtocolError) and str(error).startswith("illegal "):
        return "the server does not answer in HTTP: check the port, and write https:// in address if it expects TLS"
    if isinstance(error, httpx.ProxyError) and str(error).startswith(("403", "407")):
        return "the proxy refuses the connection: check the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return "the request cannot be sent: check address, token and the values of the call"
    return ""


def _tls_fault(error: BaseException) -> ssl.SSLError | None:
    """Return the error of TLS that caused an error of httpx, or `None` if something else did.

    The cause of httpx's error is one of httpcore, whose only argument is the error of TLS. `__context__` is not
    followed: it may be an exception that the caller was handling when the request was sent.
    """
    cause: object = error
    while isinstance(cause, BaseException) and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or next(iter(cause.args), None)
    return cause if isinstance(cause, ssl.SSLError) else None


def _advice_on_tls(fault: ssl.SSLError) -> str:
    reason = fault.reason or ""
    if isinstance(fault, _PASSING):
        return ""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return (
            "the server's certificate is not trusted: use the name in the certificate as address, renew it, or name "
            "the file of its authority in SSL_CERT_FILE"
        )
    for reasons, advice in _ADVICE:
        if reason in reasons:
            return advice
    return ""
