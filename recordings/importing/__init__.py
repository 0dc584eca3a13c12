"""Any source becomes a session: its frames as they are, at their own times, and what is known of them."""
