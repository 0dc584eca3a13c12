"""Millimetres, millilitres and milliseconds that can be defended."""
