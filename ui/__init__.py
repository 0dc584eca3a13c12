"""What people touch: the command line and the windows. The only place for PyQt6."""
