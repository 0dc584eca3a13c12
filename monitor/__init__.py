"""What happens between a frame and an alarm. Headless: no Qt, no files written."""
