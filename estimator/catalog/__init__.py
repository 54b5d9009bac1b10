"""Hardware and prices, as YAML, and what reads them."""

from estimator.catalog.entries import Catalog, Entry, catalog
from estimator.catalog.names import catalogues

__all__ = ["Catalog", "Entry", "catalog", "catalogues"]
