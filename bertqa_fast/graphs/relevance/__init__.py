"""Layer-wise relevance propagation: another family of backward twins (``docs/relevance.md``).

A twin here carries the *relevance* of an output to the inputs, by a rule, and not its gradient. Shapes as in
:mod:`bertqa_fast.graphs`; C classes.
"""

from bertqa_fast.graphs.relevance.graph import HEADS, RULES, relevance_graph

__all__ = ["HEADS", "RULES", "relevance_graph"]
