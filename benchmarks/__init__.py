"""Benchmarks: figures next to the bars they should clear.  Run them by `make bench`.

Nothing here is a test: a machine with busy neighbours must not turn a suite red.  One
module a figure, all on the same payloads (`payloads`) and the same clock (`harness`).
"""
