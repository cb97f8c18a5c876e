"""piiforge builds the data that teaches small models to find personal data in log lines."""

__version__ = "0.1.0"
