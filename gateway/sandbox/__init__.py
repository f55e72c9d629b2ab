"""The sandbox: the same API, where nothing costs anything and no code is real."""
