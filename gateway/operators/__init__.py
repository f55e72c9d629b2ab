"""People who run the shop: what their roles let them do."""
