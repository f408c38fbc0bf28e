"""`offhook report`: many calls in one table, read from the table of calls."""
