"""The console: pages that show a tenant's tasks and send new ones, made on the server."""
