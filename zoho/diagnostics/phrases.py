"""What exceptions and pages say that carry no code of Zoho's: data for ``explaining``."""

from __future__ import annotations

from zoho.errors import Explanation

WEB_PAGE = Explanation(
    "A web page came instead of an answer of the API.",
    "The host belongs to another data centre, the address is wrong, or a proxy or firewall answered in Zoho's place.",
    "Compare the data centre's hosts, and what stands between Amend and Zoho.",
    True,
)


def _network(meaning: str, step: str, waiting: bool = True) -> Explanation:
    return Explanation(meaning, "The call did not get an answer of Zoho's: this says nothing of the login.", step, waiting)


PHRASES: tuple[tuple[str, str, Explanation], ...] = (
    (
        r"ProxyError|tunnel connection failed|407 proxy",
        "accounts_host",
        _network("The proxy did not let the call through.", "Check HTTPS_PROXY and whether the proxy wants a password.", False),
    ),
    (
        r"NameResolutionError|getaddrinfo|name or service not known|temporary failure in name resolution|nodename nor servname",
        "accounts_host",
        _network("DNS: the host's name is not known to the machine.", "Check the machine's DNS and network."),
    ),
    (
        r"certificate.verify.failed|SSLCertVerificationError|self.signed certificate|SSLError",
        "accounts_host",
        _network(
            "TLS: the host's certificate was not accepted.", "Compare the clock; name a firewall's root in REQUESTS_CA_BUNDLE.", False
        ),
    ),
    (r"connection refused|Errno 111", "accounts_host", _network("The host refuses connections.", "Check the address and the firewall.")),
    (
        r"read timed out|ReadTimeout|ConnectTimeout|timed out|no complete answer in time",
        "accounts_host",
        _network("No answer came in time.", "Wait a minute; a write may have been stored, so look before sending it again."),
    ),
    (
        r"connection reset|RemoteDisconnected|connection aborted|broken pipe",
        "accounts_host",
        _network("The connection broke off.", "Wait a minute; a write may have been stored, so look before sending it again."),
    ),
    (
        r"database is locked|OperationalError|readonly database|disk is full|No space left",
        "database",
        Explanation("Amend's own database did not take it.", "It is locked, read-only, full or away.", "See what the check says.", True),
    ),
)
"""What exceptions say that carry no code of Zoho's: pattern, check, explanation."""
