"""What is around a server of a command: its log, its certificate, its ready file.

The servers themselves are in `rasa_mock.server`.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rasa_mock.errors import UsageError

if TYPE_CHECKING:
    from rasa_mock.server.listen import Tls

LOCALHOST = "127.0.0.1"
LOG_FORMAT = "%(asctime)s %(levelname)-8s %(name)s  - %(message)s"


def is_local(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    return host in (LOCALHOST, "::1", "localhost") or host.startswith("127.")


def begin_logging(level: int, *, file: Path | None = None) -> None:
    """Log to standard error, and to a file; raise UsageError if that cannot be.

    `level` is that of our own log.
    """
    logging.basicConfig(
        level=max(level, logging.WARNING),
        format="%(levelname)s: %(message)s",
        stream=sys.stderr,
    )
    # Other libraries log URLs, and those have tokens.
    logging.getLogger("rasa_mock").setLevel(level)
    # It has a traceback for every try; what it means is said in a line of ours.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    if file is None:
        return
    try:
        handler = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(
            f"cannot write --log-file {str(file)!r}: {error.strerror}"
        ) from error
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    logging.getLogger().addHandler(handler)


def make_tls(
    certificate: Path | None,
    *,
    key: Path | None = None,
    ca: Path | None = None,
    password: str | None = None,
) -> Tls | None:
    """Return what TLS needs, None without a certificate; raise UsageError.

    The key may be in the file of the certificate.
    """
    from rasa_mock.server.listen import Tls

    if certificate is None:
        if key is not None:
            raise UsageError("--ssl-keyfile needs --ssl-certificate")
        return None
    _check_certificate(certificate, key=key or certificate, password=password)
    _check_authorities(ca)
    return Tls(
        certificate=str(certificate),
        key=str(key) if key else None,
        ca=str(ca) if ca else None,
        password=password,
    )


def _check_certificate(certificate: Path, *, key: Path, password: str | None) -> None:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(str(certificate), str(key), password=password or "")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"cannot use the certificate {str(certificate)!r} with the key "
            f"in {str(key)!r}: {reason}; expected both in PEM format, and "
            "--ssl-password if the key has one"
        ) from error


def _check_authorities(ca: Path | None) -> None:
    import ssl

    if ca is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(str(ca))
    except OSError as error:
        raise UsageError(
            f"cannot use --ssl-ca-file {str(ca)!r}: "
            f"{error.strerror or error}; expected certificates in PEM format"
        ) from error


class Ready:
    """Says that the server listens, and where."""

    def __init__(
        self, message: str | None, *, address: str, path: Path | None = None
    ) -> None:
        self._message = message
        self._address = address
        self._path = path

    def prepare(self) -> None:
        """Take away what an earlier run has left; raise UsageError if one cannot."""
        path = self._path
        if path is None:
            return
        try:
            beside = _beside(path)
            beside.write_bytes(b"")
            beside.unlink()
            path.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"cannot write --ready-file {str(path)!r}: {error.strerror}"
            ) from error

    def __call__(self) -> None:
        """Print the message, and write the address to the file that asks for it."""
        if self._message is not None:
            click.echo(self._message)
        path = self._path
        if path is not None:
            # Whoever waits for the file must not read half of it.
            beside = _beside(path)
            beside.write_text(self._address + "\n", encoding="utf-8")
            beside.replace(path)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def lift_limits() -> None:
    """Allow as many connections as the system does."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
