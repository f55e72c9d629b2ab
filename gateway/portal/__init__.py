"""The portal: what partners' own people see and do, each on what is their partner's alone."""
