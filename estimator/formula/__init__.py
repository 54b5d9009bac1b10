"""Text to tree to dimensions to a compiled function."""
