"""CJ Hub: an exchange for criminal-justice case messages."""
