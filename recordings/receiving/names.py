"""Names of what is on its way into a folder of received objects."""

INCOMING = ".incoming"
SUFFIX = ".part"
