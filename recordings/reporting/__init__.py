"""Reports of a procedure and of a cohort: one self-contained HTML file, and a PDF."""
