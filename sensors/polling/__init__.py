"""Asking devices: one event loop a process, connections kept, hundreds of devices in flight."""
