"""`bench faults`: the whole demo plays at ×60 while one fault after the other hits it; then everything is looked up.

Some ten minutes. Ends with status 1 where anything was lost, doubled or wrong.
"""

from command_center.core.benches import Report
from command_center.demo.faults.bed import Bed
from command_center.demo.faults.desk import Desk
from command_center.demo.faults.screen import Screen
from command_center.demo.faults.trials import LONG, WALL_S, NotInTime, suffer, verdict

SPEED = 60.0


def bench_faults(report: Report) -> None:
    bed = Bed(speed=SPEED, small=False)
    screen = None
    wrong: list[str] = []
    try:
        bed.start()
        screen = Screen(bed, bed.ask("cookie")).start()
        desk = Desk(bed).start()
        for fault in LONG:
            try:
                outcome = suffer(bed, screen, fault)
            except NotInTime as late:
                wrong.append(str(late))
                continue
            report.figure(f"{fault.name}: /healthz 200", outcome.healthy_s, "s")
            report.figure(f"{fault.name}: wall true after that", outcome.wall_s, "s", ceiling=WALL_S)
            report.figure(f"{fault.name}: work done", outcome.worked_s, "s")
        found = verdict(bed, desk)
        for name, value in found.figures.items():
            report.figure(name, value, "s" if name.endswith("_s") else "")
        report.figure("screen: connections", screen.connections, "", note=f"{screen.reloads} snapshots")
        wrong += found.wrong
        report.figure("wrong", len(wrong), "", note="; ".join(wrong)[:2000])
    finally:
        if screen:
            screen.stop()
        bed.stop()
    if wrong:
        raise SystemExit(1)


bench_faults.long = True  # ten minutes: only where it is named
