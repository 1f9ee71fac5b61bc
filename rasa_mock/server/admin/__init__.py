"""The admin API: what a test says to the mock itself, under `/__mock__/`.

`control` is what can be done, `routes` how it is said over HTTP.  Rasa has none of it.
"""
