"""The library's window: sessions in a table, what is known of the chosen one beside it."""
