"""What is said over one connection: HTTP/1.1 by h11, without a socket.

A `Line` turns a request into bytes and the bytes that come into an answer, as often as
both sides keep the connection.  What is to be read next is asked for by generators that
yield once for every read, so that threads and asyncio share all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import h11

if TYPE_CHECKING:
    from collections.abc import Generator

# h11 gives up on headers that are larger.
MAX_HEAD = 100 * 1024
SWITCHING = 101

Head = tuple[str, str, list[tuple[bytes, bytes]]]
"""Method, target and headers of a request."""

BrokenRules = h11.ProtocolError
BrokenByServer = h11.RemoteProtocolError
Answer = h11.Response


class Line:
    """The state of one connection; raises BrokenRules, BrokenByServer being one."""

    __slots__ = ("_h11",)

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)

    def request(self, head: Head) -> bytes:
        """Give the bytes of a request's line and headers."""
        method, target, headers = head
        return self._sent(h11.Request(method=method, target=target, headers=headers))

    def data(self, piece: bytes) -> bytes:
        """Give the bytes of a piece of the body."""
        return self._sent(h11.Data(data=piece))

    def end(self) -> bytes:
        """Give the bytes that end the request, often none."""
        return self._sent(h11.EndOfMessage())

    def answer(self) -> Generator[None, bytes, Answer]:
        """Return status and headers of the answer; send in the bytes that were read."""
        while True:
            event = yield from self._event()
            if isinstance(event, Answer):
                return event
            if getattr(event, "status_code", None) == SWITCHING:
                return cast("Answer", event)

    def piece(self) -> Generator[None, bytes, bytes | None]:
        """Return the next piece of the answer's body; None at its end."""
        while True:
            event = yield from self._event()
            if isinstance(event, h11.Data):
                return bytes(event.data)
            if isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
                return None

    def renew(self) -> bool:
        """Make ready for the next request; False if there can be none."""
        done = self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE
        if done:
            self._h11.start_next_cycle()
        return done

    def _sent(self, event: Any) -> bytes:
        return self._h11.send(event) or b""

    def _event(self) -> Generator[None, bytes, Any]:
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event
            data = yield
            # What h11 says of this is exact, and means nothing to a reader.
            if not data and self._h11.their_state is h11.SEND_RESPONSE:
                raise BrokenByServer("disconnected without an answer")
            self._h11.receive_data(data)
