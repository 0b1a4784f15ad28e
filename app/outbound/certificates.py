"""Which certificates to trust, in one order for whatever is asked over https.

1. The file that is set for this program alone (``TZDATA_FILTER_INDEX_CA_FILE``), and then nothing else.
2. The system's: ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` in place of where OpenSSL looks; if the system has none at all,
   those of the package certifi.
3. Besides the system's, the first of these that is set: pip's ``cert``, ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE``.

What is set and cannot be read is an error that names the setting: it is never left out in silence.
"""

import os
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path

import certifi

from app.outbound.failures import Unreachable
from app.outbound.proxies import Given

_MAX_FILE_BYTES = 32 << 20
_SYSTEM = "the system's store of certificates"


def make_context(
    variables: Mapping[str, str],
    *,
    only: Given | None = None,
    besides: Given | None = None,
    own: Given | None = None,
) -> ssl.SSLContext:
    """Return what TLS needs to know.

    Args:
        only: A file to trust, and nothing else.
        besides: A file or directory to trust besides the system's.
        own: A file with a certificate, and its key, for those that ask who is asking.

    Raises:
        Unreachable: Something that was set cannot be used; the message names the setting.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if only is not None:
        _load(context, only)
    else:
        _load_system(context, variables)
        more = besides or _first_of(variables, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        if more is not None:
            _load(context, more)
    if own is not None:
        _check_file(own)
        try:
            # An answer to the question for a passphrase; without one, the terminal is asked and waited for.
            context.load_cert_chain(own.value, password=str)
        except (ssl.SSLError, OSError, ValueError) as error:
            raise Unreachable(f"{own.where} names a file that holds no certificate with its key") from error
    return context


def _load_system(context: ssl.SSLContext, variables: Mapping[str, str]) -> None:
    usual = ssl.get_default_verify_paths()
    directory = Path(usual.openssl_capath)
    if file := _first_of(variables, "SSL_CERT_FILE"):
        _check_file(file)
        _load(context, file)
    elif Path(usual.openssl_cafile).is_file():
        _load(context, Given(_SYSTEM, usual.openssl_cafile))
    if directories := _first_of(variables, "SSL_CERT_DIR"):
        for part in filter(None, directories.value.split(os.pathsep)):
            _load(context, Given(directories.where, part))
    elif directory.is_dir() and any(directory.iterdir()):
        _load(context, Given(_SYSTEM, usual.openssl_capath))
    elif not context.get_ca_certs():
        context.load_verify_locations(cafile=certifi.where())


def _load(context: ssl.SSLContext, given: Given) -> None:
    """Trust a file or a directory. Raises: Unreachable if it cannot be used."""
    try:
        if Path(given.value).is_dir():
            any(Path(given.value).iterdir())  # OpenSSL says nothing of a directory that it may not read
            context.load_verify_locations(capath=given.value)
            return
        _check_file(given)
        context.load_verify_locations(cafile=given.value)
    except ssl.SSLError as error:
        raise Unreachable(f"{given.where} names a file without certificates") from error
    except (OSError, ValueError) as error:
        raise _unusable(given, error) from error


def _check_file(given: Given) -> None:
    """Check that a file can be read to its end. Raises: Unreachable for a pipe, a device, a giant, or nothing."""
    try:
        status = Path(given.value).stat()
    except (OSError, ValueError) as error:
        raise _unusable(given, error) from error
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_FILE_BYTES:
        raise Unreachable(f"{given.where} names something other than a file of certificates")


def _unusable(given: Given, error: Exception) -> Unreachable:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Unreachable(f"{given.where} names what cannot be read: {reason}")


def _first_of(variables: Mapping[str, str], *names: str) -> Given | None:
    return next((Given(name, variables[name]) for name in names if variables.get(name)), None)
