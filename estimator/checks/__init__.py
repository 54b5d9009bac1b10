"""Whether estimates are what they should be: expectations, baselines, and what is remembered."""
