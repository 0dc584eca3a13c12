"""Objects on their way to a PACS: a queue on disk, C-STORE, and storage commitment as SCU."""
