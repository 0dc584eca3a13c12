"""What is kept of a procedure, replayed, simulated and reported."""
