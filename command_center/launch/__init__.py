"""The entry program's second stage: private servers, the processes of the system, tests and checks.

`./onemap` (POSIX sh) prepares the environment and hands over to `python -m command_center.launch COMMAND`. Nothing here
imports Django: the system under supervision does.
"""
