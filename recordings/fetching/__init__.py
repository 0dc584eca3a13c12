"""Query and retrieve from a PACS, and the modality worklist (PS3.4 Annexes C and K), as the asking side."""
