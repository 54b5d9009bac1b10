"""The formats of `estimator forecast`, which take a `Found[Forecast]`."""
