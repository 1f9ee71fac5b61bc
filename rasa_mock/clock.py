"""The defaults of the outer edge: the clock, fresh ids, and reading dates from text.

`core` takes all three as arguments.  The only user of python-dateutil.
"""

from __future__ import annotations

import os
import time
import uuid
import warnings
from datetime import datetime
from typing import Any

from rasa_mock.errors import DataError

VARIANTS = "89ab"
"""What the seventeenth digit of a UUID may be (RFC 4122)."""


def system_now() -> float:
    """Return the time in seconds since the epoch."""
    return time.time()


def new_uuid() -> str:
    """Return a fresh id, of the kind that Rasa gives to a reminder without a name."""
    return str(uuid.uuid1())


def new_message_id() -> str:
    """Return a fresh id, of the kind that Rasa gives to a message: `uuid4().hex`.

    Written by hand: every message of a load test wants one.
    """
    digits = os.urandom(16).hex()
    variant = VARIANTS[int(digits[16], 16) & 3]
    return f"{digits[:12]}4{digits[13:16]}{variant}{digits[17:]}"


def parse_date(text: Any, now: float) -> str:
    """Read a date in any usual format; return it in ISO format.

    What the text leaves out is taken from the local day of `now`, at midnight; a zone
    that nobody knows is left out.  Raises DataError with the class of Rasa's exception:
    and message: phase `deserialise` where its parser fails, `serialise` where it takes
    a date that cannot be written.
    """
    # Rasa reads without a zone what has none, so the default must not have one.
    today = datetime.fromtimestamp(now)  # noqa: DTZ006
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    phase = "deserialise"
    try:
        date = _parse(text, midnight)
        phase = "serialise"
        return date.isoformat()
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            str(error), rasa_class=type(error).__name__, phase=phase
        ) from error


def _parse(text: Any, default: datetime) -> datetime:
    with warnings.catch_warnings():
        # On import, older releases use what Python 3.12 deprecates; later, dateutil
        # warns of zones that it does not know.
        warnings.simplefilter("ignore")
        from dateutil import parser

        return parser.parse(text, default=default)
