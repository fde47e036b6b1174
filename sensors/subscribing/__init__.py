"""The process that subscribes: one connection to each broker or server, whatever the number of devices behind it."""
