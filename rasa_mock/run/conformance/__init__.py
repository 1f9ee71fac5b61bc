"""Compare what is imitated here with recordings of a real Rasa, case by case.

Four kinds of recordings are known by their content: what events do to a tracker
(`events`), what Rasa makes of an answer (`actions`), the raw protocol (`protocol`), and
whole conversations with a trained bot (`conversations`).
Whatever a recording says is compared, and what nothing here understands counts as a
difference; only the wording of errors and log lines is left out.  The format stands in
the README of `fixtures/conformance/`.
"""
