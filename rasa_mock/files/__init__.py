"""Files as plain values: domains, and what else a bot is made of.

Only this package reads YAML.  What the values mean is the business of `core`.
"""
