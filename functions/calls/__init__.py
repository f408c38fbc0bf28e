"""The domain of a phone call: what it is, what was said, what happens next, what it cost.

Shared by the Lambda handlers, the streamer and the tools. Standard library, and phonenumbers where numbers are read:
nothing here reads the environment, a clock, a random source or a socket; all of these come in as values. Only what asks
AWS is different: `dynamo*`, `aws_*` and `secrets_manager`, on botocore.
"""
