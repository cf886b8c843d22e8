"""The story of a decision: which rules were asked, with what, and what each of them said. Never on the hot path."""
