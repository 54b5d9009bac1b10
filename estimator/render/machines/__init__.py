"""The formats of `estimator machines`, which take a `Found[Sequence[MachineChoice]]`."""
