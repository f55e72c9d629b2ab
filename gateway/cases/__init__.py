"""After-sales: another code, money back, another recipient, a question to the platform or to us."""
