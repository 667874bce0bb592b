"""`python -m tests.benchmarks.tables FILE ...`: Markdown tables of the records that `python -m tests.benchmarks --json FILE` wrote."""

import json
import sys

UNITS = ((1, "s"), (1e-3, "ms"), (1e-6, "us"))


def shown(seconds):
    """Three digits and a unit."""
    scale, unit = next((row for row in UNITS if seconds >= row[0]), UNITS[-1])
    return f"{float(f'{seconds / scale:.3g}'):g} {unit}"


def table(records, systems, column, text):
    """A row for each workload, a column for each system; the least of a row is bold."""
    lines = ["| workload | " + " | ".join(systems) + " |", "|---" * (len(systems) + 1) + "|"]
    for workload in dict.fromkeys(record["workload"] for record in records):
        found = {record["system"]: record[column] for record in records if record["workload"] == workload}
        cells = [
            "" if name not in found else f"**{text(found[name])}**" if found[name] == min(found.values()) else text(found[name])
            for name in systems
        ]
        lines.append(f"| `{workload}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def from_import(record):
    """The record with its laps counted from the import on: libraries do at different times what has to be done once."""
    return {
        **record, "first": record["import"] + record["build"] + record["cold"], "ready": record["import"] + record["ready"],
    }  # fmt: skip


def tables(records):
    """Processor time until the first result and until compiled code is in; for each number of threads least and median times,
    then memory.
    """
    systems = list(dict.fromkeys(record["system"] for record in records))
    cold = [from_import(record) for record in records if record["threads"] == records[0]["threads"]]
    parts = [
        f"Processor time from the import to {what}:\n\n{table(cold, systems, column, shown)}"
        for column, what in (("first", "the first result"), ("ready", "the first result of compiled code"))
    ]
    for threads in dict.fromkeys(record["threads"] for record in records):
        rows = [record for record in records if record["threads"] == threads]
        for column, what in (("median", "median time of a call"), ("least", "least time of a call")):
            parts.append(f"Threads {threads}, {what}:\n\n{table(rows, systems, column, shown)}")
        parts.append(
            f"Threads {threads}, greatest memory of the process in MB:\n\n{table(rows, systems, 'megabytes', lambda value: f'{value:.0f}')}"
        )
    return "\n\n".join(parts)


def main(files):
    records = []
    for file in files:
        with open(file, encoding="utf-8") as opened:
            records += json.load(opened)
    print(tables(records))


if __name__ == "__main__":
    main(sys.argv[1:])
