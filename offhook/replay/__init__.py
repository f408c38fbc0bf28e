"""Earlier calls driven again, as their caller spoke, through another prompt, model, mode or turn-taking."""
