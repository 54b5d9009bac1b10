"""The formats of `estimator explain` for a code such as E012, which take a `Rule`."""
