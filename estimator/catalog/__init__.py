"""Hardware and prices, as YAML, and what reads them."""

from estimator.catalog.loader import Catalog, Entry, catalog

__all__ = ["Catalog", "Entry", "catalog"]
