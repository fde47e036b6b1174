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

# What the desk does with units and orders; arbitration, more time and doubtful evidence are the shift leader's.
DISPATCH = {
    "resource.view",
    "resource.manage",
    "assignment.view",
    "assignment.make",
    "assignment.answer",
    "assignment.release",
    "assignment.finish",
    "order.view",
    "order.issue",
    "order.verify",
    "order.close",
}
# Who is on duty, who was called, and which messages did not go out.
DUTY = {"duty.view", "message.note"}
SHOWN = {"resource.view", "assignment.view", "order.view"}
# What a building's people said about a fire alarm, and how to reach them.
FIRE = {"fire.verify", "premises.contact"}
# Work on devices whose values are doubted; whoever vouches for a value lets it ring.
UPKEEP = {"maintenance.close", "maintenance.overrule", "camera.arrange"}
# Dangerous goods on the road, with drivers' names; and fires that cameras report, judged by who has looked.
TRIPS = {"trip.view", "trip.manage"}
SPOTS = {"fire_spot.view", "fire_spot.judge"}

# fmt: off
ROLES: dict[str, frozenset[str]] = {
    "administrator": frozenset(
        WATCH
        | DUTY
        | {
            "roster.edit",
            "rule.edit",
            "rule.approve",
            "fence.edit",
            "trip.view",
            "fire_spot.view",
            "premises.edit",
            "premises.contact",
            "station.manage",
            "camera.arrange",
            "device.edit",
            "station.command",
            "reading.import",
            "parameter.change",
            "alarm.out_of_service",
            "alarm.maintain",
            "alarm.health",
            "user.manage",
            "wall.approve",
            "wall.revoke",
            "delivery.retry",
            "frame.view",
            "audit.view",
            "incident.view",
            "resource.view",
            "resource.manage",
            "maintenance.close",
        }
    ),
    "duty_officer": frozenset(
        WATCH
        | INCIDENTS
        | DISPATCH
        | UPKEEP
        | FIRE
        | TRIPS
        | SPOTS
        | DUTY
        | {"alarm.acknowledge", "alarm.shelve", "driver.tell", "guard.check", "station.command", "handover.sign", "camera.view", "camera.steer", "frame.view", "wall.approve"}
    ),
    "shift_leader": frozenset(
        WATCH
        | INCIDENTS
        | DISPATCH
        | UPKEEP
        | FIRE
        | TRIPS
        | SPOTS
        | DUTY
        | {
            "roster.edit",
            "premises.edit",
            "fence.edit",
            "rule.edit",
            "rule.approve",
            "reading.import",
            "order.approve_extension",
            "order.arbitrate",
            "order.override",
            "order.reopen",
            "order.cancel",
            "driver.tell",
            "guard.check",
            "station.command",
            "hall.mode",
            "incident.close",
            "incident.reopen",
            "alarm.acknowledge",
            "alarm.shelve",
            "alarm.out_of_service",
            "alarm.maintain",
            "alarm.health",
            "handover.sign",
            "camera.view",
            "camera.steer",
            "frame.view",
            "wall.approve",
            "wall.revoke",
            "audit.view",
        }
    ),
    "commander": frozenset(
        WATCH
        | SHOWN
        | {
            "duty.view",
            "premises.contact",
            "trip.view",
            "fire_spot.view",
            "assignment.make",
            "camera.view",
            "incident.view",
            "incident.caller",
            "incident.confirm",
            "incident.handle",
            "incident.reopen",
        }
    ),
    "liaison": frozenset(
        WATCH
        | SHOWN
        | {
            "camera.view",
            "incident.view",
            "order.sign",
            "order.handle",
            "order.feed_back",
            "order.return",
            "order.extend_request",
        }
    ),
    "grid_worker": frozenset({"map.view", "station.view", "incident.report"}),
    "responder": frozenset(
        {"map.view", "station.view", "resource.view", "assignment.view", "assignment.answer", "assignment.finish",
         "position.report", "fire_spot.report"}
    ),
    "auditor": frozenset(
        SHOWN
        | {"audit.view", "frame.view", "alarm.view", "station.view", "map.view", "incident.view"}
    ),
    "wall": frozenset(WATCH | SHOWN | {"camera.view", "incident.view", "fire_spot.view"}),
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
