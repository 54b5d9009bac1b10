"""Kinds: the formulas of the domain, as YAML, and what reads them."""
