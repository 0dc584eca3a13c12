"""The planning window: levels, scale and what is meant to be done, marked on a still picture."""
