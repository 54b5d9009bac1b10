"""Hardware and prices, as YAML, and what reads them."""

from estimator.catalog.entries import Catalog, catalog
from estimator.catalog.entry import Entry
from estimator.catalog.names import catalogues

__all__ = ["Catalog", "Entry", "catalog", "catalogues"]
