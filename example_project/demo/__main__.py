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

        requests.paths.clear()
        turbines = client.wind_turbine.select().where(lambda t: t.capacity > 5).order_by(lambda t: t.name)
        for turbine in turbines.branch(lambda t: t.blades, lambda b: b.where(lambda b: b.is_damaged.in_([True]))):
            for blade in turbine.blades:
                print(f"{blade.name} of {turbine.name} is damaged.")
        print(f"({len(requests.paths)} request)\n")

        feed = client.wind_turbine.sync()
        print(f"{sum(1 for _ in feed)} turbines, and what happens from now on:")
        stopped = client.wind_turbine.list(state="stopped")[0]
        print(f"{stopped.name} stands still: start it again.")
        stopped.state = "running"
        stopped.save()
        for change in client.wind_turbine.sync(cursor=feed.cursor):
            print(f"{change.item.name} was {change.kind}: it is {change.item.state}.")
        report = build_report(client, "Hornsea 1", min_capacity=6.0)
        print(f"{report.running:.1f} of {report.capacity:.1f} MW running in turbines of 6 MW and more.")


if __name__ == "__main__":
    main()
