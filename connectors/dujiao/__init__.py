"""A dujiao-next site as upstream: codes and manual goods, by signed REST."""
