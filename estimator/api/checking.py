"""Checks of files, of which `estimator check` is made."""

from estimator.checks.check_run import CheckRun as CheckRun
from estimator.checks.check_run import prepared_run as prepared_run
from estimator.checks.check_run import refused_run as refused_run
from estimator.checks.request import CheckRequest as CheckRequest
