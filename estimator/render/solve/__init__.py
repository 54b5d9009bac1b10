"""The formats of `estimator solve`, which take a `Found[Solution]`."""
