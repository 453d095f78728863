from stage import Actor


def look() -> dict[str, object]:
    import os
    from tools import attempt, search_memory
    return {"fds": {n: attempt(os.readlink, f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")},
      "mounts": open("/proc/self/mountinfo").read(), "limits": open("/proc/self/limits").read(),
      "status": open("/proc/self/status").read(), "env": dict(os.environ),
      "ps": os.listdir("/proc"), "cgroup": open("/proc/self/cgroup").read(), "root": os.listdir("/"),
      "run": attempt(os.walk, "/run")}

async def test_look(attacker: Actor) -> None:
    for k, v in (await attacker.run(look)).items():
        print("==", k); print(v)
