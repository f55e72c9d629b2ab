"""Any form or JSON protocol with a digest, described by a TOML file: nothing in it is executed."""
