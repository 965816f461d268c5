"""Attribution methods and their results."""
