"""Back-of-the-envelope capacity estimates as small YAML files, computed with units."""

__version__ = "0.2.0"
