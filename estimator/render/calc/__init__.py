"""The formats of `estimator calc`, which take a `Found[Iterable[Answer]]`.

Answers come as they are computed; what is wrong with other formulas is complete once all have come.
"""
