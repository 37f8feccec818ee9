"""What can go wrong on the way to an endpoint, as sentences for the one who owns it."""

from __future__ import annotations

from ..problems import N_
from .refused import DriverFailed, ErrorKind


def nothing_listens(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.OFFLINE,
        "solid.offline",
        N_("Nothing answers at %(host)s; start the program there, or check the address."),
        sent=False,
        host=host,
    )


def not_reached(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.OFFLINE,
        "solid.offline",
        N_(
            "%(host)s cannot be reached; see whether it is switched on and connected to "
            "the network."
        ),
        sent=False,
        host=host,
    )


def unknown_name(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.OFFLINE,
        "solid.offline",
        N_(
            "The name %(host)s is not known in this network; check it, or use the address "
            "in numbers."
        ),
        sent=False,
        host=host,
    )


def connection_lost(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.OFFLINE,
        "solid.connection_lost",
        N_(
            "The connection to %(host)s broke off; check the network and the program there."
        ),
        host=host,
    )


def bad_certificate(host: str, reason: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.OFFLINE,
        "solid.bad_certificate",
        N_(
            "The certificate of %(host)s cannot be trusted (%(reason)s); give the file of its "
            "certificate authority in the endpoint's settings, or correct its address."
        ),
        sent=False,
        host=host,
        reason=reason,
    )


def no_https(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.OFFLINE,
        "solid.no_https",
        N_(
            "%(host)s does not speak https; check the port, or write http:// if it is yours."
        ),
        sent=False,
        host=host,
    )


def bad_ca_file(path: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.OFFLINE,
        "solid.bad_ca_file",
        N_(
            "The certificate file %(path)s of this endpoint cannot be read; correct it in the "
            "settings."
        ),
        sent=False,
        path=path,
    )


def no_answer(host: str, *, sent: bool = True) -> DriverFailed:
    return DriverFailed(
        ErrorKind.TIMEOUT,
        "solid.no_answer",
        N_("%(host)s did not answer in time; it may be busy or its network slow."),
        sent=sent,
        host=host,
    )


def cancelled(host: str, *, sent: bool = True) -> DriverFailed:
    return DriverFailed(
        ErrorKind.CANCELLED,
        "solid.cancelled",
        N_("The request to %(host)s was cancelled."),
        sent=sent,
        host=host,
    )


def plain_http(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.plain_http",
        N_(
            "%(host)s is outside of your network, where plain http would show the photos and "
            "the key to others; use its https address."
        ),
        sent=False,
        host=host,
    )


def foreign_refused(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.foreign_refused",
        N_(
            "The endpoint sends us on to %(host)s, which is no https address on the internet; "
            "nothing was asked there. Check the endpoint's settings."
        ),
        sent=False,
        host=host,
    )


def bad_target(target: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.bad_target",
        N_("The endpoint sends us on to %(target)s, which is no usable address."),
        sent=False,
        target=target,
    )


def redirected(host: str, target: str, *, sent: bool) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.redirected",
        N_(
            "%(host)s sends us on to %(target)s, which is not followed; if that is where it "
            "lives now, write this address in the endpoint's settings."
        ),
        sent=sent,
        host=host,
        target=target,
    )


def encoded(host: str, encoding: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.encoded",
        N_(
            "%(host)s sent a packed answer (%(encoding)s) although it was asked not to; it "
            "was not unpacked. Switch off compression there."
        ),
        host=host,
        encoding=encoding,
    )


def too_large(host: str, most_mb: float) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.too_large",
        N_(
            "%(host)s sent more than %(most_mb)s MB, which was not taken; ask for fewer faces, "
            "or allow more in the endpoint's settings."
        ),
        host=host,
        most_mb=most_mb,
    )


def disk_full(free_mb: int) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.disk_full",
        N_(
            "There is no room for the mesh on this machine (%(free_mb)s MB are free); delete "
            "old jobs or files and try again."
        ),
        free_mb=free_mb,
    )


def bad_key() -> DriverFailed:
    return DriverFailed(
        ErrorKind.AUTH,
        "solid.bad_key",
        N_(
            "The key or user name of this endpoint has characters that cannot be sent; enter "
            "it again in the settings, without line breaks."
        ),
        sent=False,
    )


def web_page(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.not_json",
        N_(
            "%(host)s answered with a web page instead of data; check the address, the port "
            "and the kind of endpoint in the settings."
        ),
        host=host,
    )


def not_json(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.not_json",
        N_(
            "%(host)s answered with something that cannot be read; check the address, the "
            "port and the kind of endpoint in the settings."
        ),
        host=host,
    )


def not_http(host: str) -> DriverFailed:
    return DriverFailed(
        ErrorKind.BAD_RESULT,
        "solid.not_http",
        N_(
            "What answers at %(host)s does not speak http as it should; check the address "
            "and the port."
        ),
        host=host,
    )
