"""The whole matrix on one screen: which role may do what. An action that stands nowhere is allowed to nobody."""

WATCH = {"map.view", "station.view", "alarm.view", "warning.view"}

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
        }
    ),
    "duty_officer": frozenset(
        WATCH | {"alarm.acknowledge", "camera.view", "frame.view", "wall.approve"}
    ),
    "shift_leader": frozenset(
        WATCH
        | {
            "alarm.acknowledge",
            "camera.view",
            "frame.view",
            "wall.approve",
            "wall.revoke",
            "audit.view",
        }
    ),
    "commander": frozenset(WATCH | {"camera.view"}),
    "liaison": frozenset(WATCH | {"camera.view"}),
    "grid_worker": frozenset({"map.view", "station.view"}),
    "responder": frozenset({"map.view", "station.view"}),
    "auditor": frozenset(
        {"audit.view", "frame.view", "alarm.view", "station.view", "map.view"}
    ),
    "wall": frozenset(WATCH | {"camera.view"}),
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
