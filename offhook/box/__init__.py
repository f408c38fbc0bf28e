"""The Twilio box: plays Twilio on loopback, from Twilio's documented rules. It knows nothing of Offhook's code."""
