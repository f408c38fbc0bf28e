"""Points a Twilio number at a deployment."""
