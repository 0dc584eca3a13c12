"""The start of a session: a window that asks for what the monitor needs, before there is a monitor."""
