"""What reports say of a rule; who runs the check hands it over.

Reports do not know the rules themselves: they stand on the run, not on what made it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """Headline, severity and explanation of one rule."""

    title: str
    severity: str
    explanation: str
