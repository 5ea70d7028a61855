"""Asked to end: whichever thread the signal comes to, and when the supervisor is killed."""

import os
import signal
import subprocess
import sys

PROGRAM = """
import signal, threading, time
from sojourn.runtime.signals import Asked
asked = Asked()
other = threading.Thread(target=time.sleep, args=(60,), daemon=True)
other.start()
threading.Timer(0.5, lambda: signal.pthread_kill(other.ident, signal.{signal})).start()
assert not asked.wait(0.01)
while not asked.wait():
    pass
print("asked", asked.wait(0), flush=True)
"""
CHILD = """
import signal
from sojourn.runtime.signals import Asked, end_with_supervisor
asked = Asked()
end_with_supervisor()
print("ready", flush=True)
assert asked.wait(60)
print("asked", flush=True)
"""
SUPERVISOR = """
import sys, time
from sojourn.runtime.supervisor import Child
Child("child", [sys.executable, "-c", sys.argv[1]]).start()
time.sleep(60)
"""


def test_a_signal_that_another_thread_gets_wakes_who_waits_for_it() -> None:
    for name in ("SIGTERM", "SIGINT"):
        done = subprocess.run([sys.executable, "-c", PROGRAM.format(signal=name)], capture_output=True, text=True, timeout=30, check=False)
        assert (done.stdout, done.stderr) == ("asked True\n", "")


def test_who_was_started_by_a_supervisor_that_is_killed_is_asked_to_end() -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, CHILD], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout
    assert supervisor.stdout.readline() == "ready\n"
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    assert supervisor.stdout.read() == "asked\n"
    supervisor.stdout.close()
