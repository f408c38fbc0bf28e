"""What a person runs on one machine: the command line, the Twilio box, the local stack, the report."""
