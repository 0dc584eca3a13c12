"""Speed and accuracy, measured. Each module is a command: ``python -m benchmarks.accuracy --help``."""
