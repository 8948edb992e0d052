"""How Amend runs: settings, the supervisor that ./run starts, the command line."""
