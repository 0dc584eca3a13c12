"""Watching the window from outside: what has died or hangs cannot say so itself."""
