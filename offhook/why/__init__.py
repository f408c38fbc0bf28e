"""`offhook why CALL`: one call told after its end, in the terminal or as a page."""
