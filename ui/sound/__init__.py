"""What is heard: bursts for alarms, a tone that quickens as the front nears a structure. No sound files."""
