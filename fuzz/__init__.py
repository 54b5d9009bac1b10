"""Fuzzing: generated inputs for each way into the program, and what must hold of the answers."""
