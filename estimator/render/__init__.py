"""A report, and what is wrong, as text for people and machines."""
