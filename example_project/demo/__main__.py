"""`python -m demo`: write wind farms through the SDK, then use it."""

from __future__ import annotations

from demo.data import EVERYTHING
from demo.transport import BASE_URL, PROJECT, DemoTransport
from windfarm.report import build_report, render
from windfarm.sdk import WindfarmClient


def main() -> None:
    """Fill the demo, print a report, change something, and look again."""
    transport = DemoTransport(page_size=3)
    with WindfarmClient(base_url=BASE_URL, project=PROJECT, credentials="demo", transport=transport) as client:
        client.upsert(EVERYTHING)
        transport.requests.clear()
        print(render(build_report(client, "Hornsea 1")))
        print(f"\n({len(transport.requests)} requests, pages of {transport.page_size})\n")

        stopped = client.wind_turbine.list(state="stopped")[0]
        print(f"{stopped.name} stands still: start it again.")
        stopped.state = "running"
        stopped.save()
        report = build_report(client, "Hornsea 1", min_capacity=6.0)
        print(f"{report.running:.1f} of {report.capacity:.1f} MW running in turbines of 6 MW and more.")


if __name__ == "__main__":
    main()
