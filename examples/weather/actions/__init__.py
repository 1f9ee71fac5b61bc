"""The weather bot's actions: serve them with `python -m rasa_sdk --actions actions`.

rasa-sdk finds every `Action` class in the modules of this package.
"""
