"""The version, which everything may import; the package itself imports what it offers."""

__version__ = "0.2.0"
