"""The formats of `estimator explain`, but for codes; they take an `api.Explanation`."""
