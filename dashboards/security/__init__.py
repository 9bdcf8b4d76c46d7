"""Headers and limits of the web service."""
