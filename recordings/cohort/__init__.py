"""A registry of procedures, and what a year of them comes to, beside what others have published."""
