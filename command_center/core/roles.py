"""The whole matrix on one screen: which role may do what. An action that stands nowhere is allowed to nobody."""

WATCH = {"map.view", "station.view", "alarm.view", "warning.view"}
# What the desk does with incidents; closing and taking back a decision are the shift leader's.
INCIDENTS = {
    "incident.view",
    "incident.caller",
    "incident.report",
    "incident.confirm",
    "incident.dismiss",
    "incident.merge",
    "incident.handle",
}

# fmt: off
ROLES: dict[str, frozenset[str]] = {
    "administrator": frozenset(
        WATCH
        | {
            "station.manage",
            "parameter.change",
            "user.manage",
            "wall.approve",
            "wall.revoke",
            "frame.view",
            "audit.view",
            "incident.view",
        }
    ),
    "duty_officer": frozenset(
        WATCH | INCIDENTS | {"alarm.acknowledge", "camera.view", "frame.view", "wall.approve"}
    ),
    "shift_leader": frozenset(
        WATCH
        | INCIDENTS
        | {
            "incident.close",
            "incident.reopen",
            "alarm.acknowledge",
            "camera.view",
            "frame.view",
            "wall.approve",
            "wall.revoke",
            "audit.view",
        }
    ),
    "commander": frozenset(
        WATCH
        | {
            "camera.view",
            "incident.view",
            "incident.caller",
            "incident.confirm",
            "incident.handle",
            "incident.reopen",
        }
    ),
    "liaison": frozenset(WATCH | {"camera.view", "incident.view"}),
    "grid_worker": frozenset({"map.view", "station.view", "incident.report"}),
    "responder": frozenset({"map.view", "station.view"}),
    "auditor": frozenset(
        {"audit.view", "frame.view", "alarm.view", "station.view", "map.view", "incident.view"}
    ),
    "wall": frozenset(WATCH | {"camera.view", "incident.view"}),
}
# fmt: on

# What is shown to people; msgids, translated in the catalogues.
ROLE_NAMES = {
    "administrator": "Administrator",
    "duty_officer": "Duty officer",
    "shift_leader": "Shift leader",
    "commander": "Commander",
    "liaison": "Department liaison",
    "grid_worker": "Grid worker",
    "responder": "Responder",
    "auditor": "Auditor",
    "wall": "Wall",
}

ACTIONS = frozenset(action for actions in ROLES.values() for action in actions)


def roles_with(action: str) -> frozenset[str]:
    return frozenset(role for role, actions in ROLES.items() if action in actions)
