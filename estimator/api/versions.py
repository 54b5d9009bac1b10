"""Versions of files, and what is different between two, of which `estimator diff` is made."""

from estimator.checks.history import files_at as files_at
from estimator.checks.history import versions_at as versions_at
from estimator.checks.history import versions_now as versions_now
from estimator.checks.pairing import Compared as Compared
from estimator.checks.pairing import Version as Version
from estimator.checks.pairing import compared as compared
