"""What every client must do, as data: `make.py` writes the cases, `server.py` plays the gateway."""
