"""The defaults of the outer edge: the clock, fresh ids, and reading dates from text.

`core` takes all three as arguments.  The only user of python-dateutil.
"""

from __future__ import annotations

import time
import uuid
from datetime import datetime
from typing import Any

from rasa_mock.errors import DataError


def system_now() -> float:
    """Return the time in seconds since the epoch."""
    return time.time()


def new_uuid() -> str:
    """Return a fresh id, of the kind that Rasa gives to a reminder without a name."""
    return str(uuid.uuid1())


def parse_date(text: Any, now: float) -> str:
    """Read a date in any usual format; return it in ISO format.

    What the text leaves out is taken from the local day of `now`, at midnight.  Raises
    DataError where Rasa's parser fails, with the same class.
    """
    from dateutil import parser

    today = datetime.fromtimestamp(now).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    try:
        return parser.parse(text, default=today).isoformat()
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise DataError(
            f"cannot read a date from {text!r}: {error}",
            rasa_class=type(error).__name__,
            phase="deserialise",
        ) from error
