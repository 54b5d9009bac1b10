"""The formats of `estimator compare`, which take a `Found[Designs]`."""
