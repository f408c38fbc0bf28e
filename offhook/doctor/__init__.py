"""`offhook doctor`: why a call does not connect, found before a caller finds it."""
