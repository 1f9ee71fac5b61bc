"""Which action comes next: rules, memorised stories, and who of them decides.

Imitates `rasa.core.policies` of Rasa 3.6 as far as nothing has to be learned by a
machine: `RulePolicy`, `MemoizationPolicy`, `AugmentedMemoizationPolicy` and the
ensemble.  What TED or UnexpecTED would predict is not known here.
"""
