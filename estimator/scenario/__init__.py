"""YAML with places to a typed scenario."""
