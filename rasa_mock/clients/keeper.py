"""Runs a command and lets nothing of it outlive whoever started this.

A script, not a module to import: `python keeper.py SECONDS COMMAND...`, as the leader
of a session of its own and with a pipe as standard input.  As long as the other end of
the pipe is open, the command runs.  When it closes, be it that the starter wants that,
or that it was killed and could not say so, every process of the group gets SIGTERM and,
at the latest after so many seconds, SIGKILL; this one last, so the group ends empty.
The same happens when the command ends by itself: a dead server's workers go, too.
"""

import os
import select
import signal
import subprocess
import sys
import time

STEP = 0.05


def main() -> None:
    """Run the command in the arguments until it ends or the pipe closes."""
    patience, command = float(sys.argv[1]), sys.argv[2:]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - its job
    # Ours is the last word: only SIGKILL, sent by ourselves, ends this process.  Not
    # before the command started, which would inherit it.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while child.poll() is None and not closed(STEP):
        pass
    os.killpg(0, signal.SIGTERM)
    end = time.monotonic() + patience
    while child.poll() is None and time.monotonic() < end:
        time.sleep(STEP)
    os.killpg(0, signal.SIGKILL)


def closed(seconds: float) -> bool:
    """Say whether the pipe was closed, after waiting so long at most."""
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1)


if __name__ == "__main__":
    main()
