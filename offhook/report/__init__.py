"""`report.html`: one file that shows a call to a person, readable offline."""
