"""What Quangate knows about orders, attempts, money and errors. Pure: no I/O, no clock, no chance."""
