"""The formats of `estimator sweep`, which take a `Found[Sweep]`."""
