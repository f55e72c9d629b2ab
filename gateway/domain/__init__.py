"""What Quangate knows of orders, attempts, money and errors. Pure: no I/O, clock or chance."""
