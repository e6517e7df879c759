"""What is claimed: one file a subject, through the public API only."""
