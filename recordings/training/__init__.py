"""Exercises on recordings and simulated procedures, their scores and what is kept of them."""
