"""The way to Zoho: DNS, proxy, TLS and connection of each host, told apart by the chain of causes under requests' exception.

Each host is asked for its first page without a token: whatever it answers, it was reached. Nothing of it goes into the request log.
"""

from __future__ import annotations

import errno
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError

from zoho import tokens
from zoho.connections import Connection
from zoho.diagnostics.findings import CHECK_AGAIN, Observation, failed, not_checked, ok, span, warning
from zoho.errors import UnreachableError, UnreadableAnswerError
from zoho.http import FAULTS, causes_of
from zoho.runtime import Amend

CALL_SECONDS = 5.0
DRIFT_SECONDS, HARMFUL_SECONDS = 30, 120
"""More than the second is our margin for renewing: Amend then takes dead tokens for good ones, or renews good ones."""

Chain = Sequence[BaseException]


def accounts(amend: Amend, connection: Connection) -> Observation:
    """The host that renews tokens."""
    return _reach(amend, tokens.data_center(amend, connection).accounts)


def api(amend: Amend, connection: Connection) -> Observation:
    """The host of CRM calls."""
    center = tokens.data_center(amend, connection)
    return _reach(amend, amend.data_centers.trusted_api(center, connection.api_domain) or center.api)


def desk(amend: Amend, connection: Connection) -> Observation:
    """The host of Desk calls."""
    return _reach(amend, tokens.data_center(amend, connection).desk)


def clock(amend: Amend, connection: Connection) -> Observation:
    """This machine's clock against the ``Date`` of the accounts server, which has seconds."""
    url, before = tokens.data_center(amend, connection).accounts, amend.now()
    try:
        response = _ask(amend, url)
        theirs = parsedate_to_datetime(response.headers["Date"])
    except (*FAULTS, UnreadableAnswerError, KeyError, ValueError, TypeError):
        return not_checked("The accounts server did not say what time it is.", "Nothing needs to be done.")
    ours = before + (amend.now() - before) / 2
    off = (ours - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))).total_seconds()
    seen = f"here {_hour(ours)}, at Zoho {_hour(theirs)}"
    if abs(off) <= DRIFT_SECONDS:
        return ok(f"{seen}: they agree")
    way = f"This machine's clock is {span(off)} {'ahead of' if off > 0 else 'behind'} Zoho's"
    step = "Set the clock of this machine, best by NTP; then check again."
    if abs(off) <= HARMFUL_SECONDS:
        return warning(seen, f"{way}.", step, CHECK_AGAIN)
    return failed(seen, f"{way}, so Amend cannot tell when a token expires.", step, CHECK_AGAIN)


def _hour(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _reach(amend: Amend, url: str) -> Observation:
    """Raises UnreachableError, whose summary is the cause."""
    host, started = urlsplit(url).netloc, monotonic()
    try:
        response = _ask(amend, url)
    except UnreadableAnswerError:
        return ok(f"{host} answered, more than a page")
    except FAULTS as error:
        raise _fault(url, list(causes_of(error))) from error
    proxy = _proxy(url)
    return ok(f"{host} answered HTTP {response.status_code} in {monotonic() - started:.1f} s{f' through {proxy}' if proxy else ''}")


def _ask(amend: Amend, url: str) -> requests.Response:
    http = amend.http.within(CALL_SECONDS)
    http.record = http.gate = None
    return http.session().get(f"{url.rstrip('/')}/", headers={"Accept": "*/*", "User-Agent": "Amend"})


def _proxy(url: str) -> str:
    """Host and port alone: the address may hold a password."""
    proxies = get_environ_proxies(url)
    found = proxies.get(urlsplit(url).scheme) or proxies.get("all") or ""
    return f"the proxy {urlsplit(found).netloc.rpartition('@')[2]}" if found else ""


def _has(*kinds: type[BaseException]) -> Callable[[Chain], bool]:
    return lambda chain: any(isinstance(cause, kinds) for cause in chain)


def _has_number(*numbers: int) -> Callable[[Chain], bool]:
    return lambda chain: any(isinstance(cause, OSError) and cause.errno in numbers for cause in chain)


def _has_verdict(*codes: int) -> Callable[[Chain], bool]:
    """OpenSSL's X509_V_ERR numbers."""
    return lambda chain: any(isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in codes for cause in chain)


CAUSES: tuple[tuple[Callable[[Chain], bool], str, str], ...] = (
    (
        _has(requests.exceptions.ProxyError),
        "{proxy} does not let the call through.",
        "Check HTTPS_PROXY, the proxy itself, and whether it wants a password; NO_PROXY makes exceptions.",
    ),
    (
        _has(NameResolutionError),
        "DNS: the name {name} is not known to this machine.",
        "Check this machine's DNS and its network; if others resolve, the data centre's host may be mistyped.",
    ),
    (
        _has_verdict(9, 10),
        "TLS: the certificate of {name} is out of its time. Either it expired, or this machine's clock is wrong.",
        "Compare this machine's clock first.",
    ),
    (
        _has_verdict(62, 64),
        "TLS: the certificate belongs to another host than {name}. Something stands between Amend and Zoho.",
        "Ask whoever runs the network which proxy or firewall answers for Zoho.",
    ),
    (
        _has_verdict(2, 18, 19, 20, 21),
        "TLS: the certificate of {name} is signed by an authority that this machine does not trust, as a firewall's that reads along.",
        "Have its root certificate in a file and name that in REQUESTS_CA_BUNDLE.",
    ),
    (
        _has(requests.exceptions.SSLError, ssl.SSLError),
        "TLS: no secure connection to {name} could be made.",
        "Check which proxy or firewall stands between, and the version of OpenSSL.",
    ),
    (
        _has_number(errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN),
        "This machine has no route to {name}.",
        "Check the network and the firewall of this machine.",
    ),
    (_has(ConnectionRefusedError), "{name} refuses connections.", "Check the port and the firewall; see Zoho's status page."),
    (
        _has(requests.ConnectTimeout, ConnectTimeoutError),
        "{name} cannot be connected: packets are dropped, as firewalls do.",
        "Allow this machine to reach port 443 of Zoho's hosts.",
    ),
    (_has(requests.Timeout, TimeoutError), "{name} took the call and did not answer in time.", "Wait a minute; see Zoho's status page."),
    (
        _has(requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError),
        "{name} is not a usable address.",
        "Correct the row in ZOHO_DATA_CENTERS_FILE.",
    ),
)
"""From the nearest cause to the farthest: the first that is in the chain is the root."""
BROKEN = ("{name} broke the connection off.", "Check which proxy or firewall stands between; see Zoho's status page.")


def _fault(url: str, chain: Chain) -> UnreachableError:
    """Hosts that are one and the same come to one error, which the runner tells once."""
    cause, step = next(((cause, step) for is_it, cause, step in CAUSES if is_it(chain)), BROKEN)
    said = next((str(one) for one in reversed(chain) if isinstance(one, OSError) and one.strerror), type(chain[0]).__name__)
    text = cause.format(name=urlsplit(url).hostname, proxy=_proxy(url) or "a proxy")
    return UnreachableError(f"GET {url}: {said[:200]}", summary=text[0].upper() + text[1:], advice=step)
