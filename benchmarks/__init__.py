"""What the estimator costs in time and memory, always against something named."""
