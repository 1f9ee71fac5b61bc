"""Stores of conversations, locks and brokers: what Rasa keeps, and more of it.

`base` is the seam that the rest of the house knows; `registry` opens a store by its URL
or by what an endpoints file says.  A store knows events as JSON, and nothing of what
they add up to: that is the tracker's business (`core.tracker`).
"""
