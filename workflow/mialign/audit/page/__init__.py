"""One HTML file that holds a run: its figures, tables and numbers, and the answers they were counted from."""
