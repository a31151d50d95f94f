"""`python -m demo`: write wind farms through the SDK into a sandbox, then use them."""

from __future__ import annotations

from demo.wind_farm import Requests, wind_farm
from windfarm.report import build_report, render


def main() -> None:
    """Fill the sandbox, print a report, change something, and look again."""
    requests = Requests()
    with wind_farm(requests) as client:
        print(render(build_report(client, "Hornsea 1")))
        print(f"\n({len(requests.paths)} requests)\n")

        stopped = client.wind_turbine.list(state="stopped")[0]
        print(f"{stopped.name} stands still: start it again.")
        stopped.state = "running"
        stopped.save()
        report = build_report(client, "Hornsea 1", min_capacity=6.0)
        print(f"{report.running:.1f} of {report.capacity:.1f} MW running in turbines of 6 MW and more.")


if __name__ == "__main__":
    main()
