"""What one would write first, for `bench poll` to stand beside: one Celery task a device, a blocking client."""

import os

from celery import Celery
from pymodbus.client import ModbusTcpClient

app = Celery("poll_naive", broker=os.environ.get("BENCH_BROKER", "redis://127.0.0.1:6379/0"))
app.conf.task_ignore_result = True
app.conf.task_default_queue = os.environ.get("BENCH_QUEUE", "bench-poll")


@app.task(name="bench.poll_one")
def poll_one(host: str, port: int) -> None:
    with ModbusTcpClient(host, port=port, timeout=3, retries=0) as client:
        client.read_holding_registers(0, count=8, device_id=1)
