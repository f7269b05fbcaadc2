"""What `clockhouse-server` does besides serving: one module for each subcommand."""
