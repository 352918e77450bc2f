"""What the hub tells of itself: metrics and logs. Rule: ids and codes only, never a name, a date of birth or a body."""
