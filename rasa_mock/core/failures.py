"""Why a call brings no reply, and what real Rasa makes of each of those.

Measured on Rasa 3.6.21, whose HTTP client is aiohttp 3.9.5.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One way in which a call brings no reply.

    `hint` says what to do.  `error` says what Rasa makes of it: "connection" (it says
    that it could not connect), "status" (it says "a non 200 status code of" `status`),
    or the class name of the exception that passes through it untouched.
    """

    text: str
    hint: str
    error: str
    status: int | None = None


SEE_LOG = "look into the action server's own log"

# The keys are the values of `Reply.failure`.
FAILURES: dict[str, Failure] = {
    "bad_url": Failure(
        text="the URL cannot be called",
        hint="write it like http://localhost:5055/webhook",
        error="status",
    ),
    "bad_request": Failure(
        text="the request cannot be written as HTTP",
        hint="correct the headers of the endpoint",
        error="status",
    ),
    "refused": Failure(
        text="nothing listens there",
        hint="start the action server, or correct host and port of the URL",
        error="connection",
    ),
    "unknown_host": Failure(
        text="the name of the host is unknown",
        hint="correct the host name in the URL",
        error="connection",
    ),
    "unreachable": Failure(
        text="the host cannot be reached",
        hint="check the network, or correct the host in the URL",
        error="connection",
    ),
    "tls": Failure(
        text="no TLS connection came about",
        hint="correct http or https in the URL, or set cafile to the CA certificate",
        error="connection",
    ),
    "disconnected": Failure(
        text="the server closed the connection without an answer",
        hint=SEE_LOG,
        error="connection",
    ),
    "timeout": Failure(
        text="the answer was not complete in time",
        hint="make the action faster, or allow a longer timeout",
        error="TimeoutError",
    ),
    "not_http": Failure(
        text="what answers there does not speak HTTP as it should",
        hint="correct the port in the URL, or mend the server's HTTP",
        error="status",
        status=0,
    ),
    "header_too_large": Failure(
        text="the headers of the answer are too large",
        hint="keep each header under 8190 bytes, the limit of Rasa's HTTP client",
        error="status",
        status=0,
    ),
    "incomplete": Failure(
        text="the answer broke off in the middle",
        hint=f"send as many bytes as Content-Length says, or {SEE_LOG}",
        error="status",
    ),
    "bad_encoding": Failure(
        text="the body does not match its Content-Encoding",
        hint="compress the body as the header says, or leave the header out",
        error="status",
    ),
    # Rasa has no limit: it reads on until its 300 seconds, or its memory, are used up.
    "too_large": Failure(
        text="the answer is larger than the limit",
        hint="return less, or allow a larger answer",
        error="TimeoutError",
    ),
    "redirect_loop": Failure(
        text="too many redirects",
        hint="let the URL point to where the redirects should end",
        error="status",
        status=0,
    ),
    "bad_redirect": Failure(
        text="a redirect leads to a place that cannot be called",
        hint="correct the Location header, or the URL",
        error="ValueError",
    ),
}
