"""Computes the profiles of a laboratory again from costs.csv, and compares them with profiles.csv to the last digit.

python3 profiles.py FOLDER
"""

import csv
import math
import sys
from collections import defaultdict

folder = sys.argv[1]
AXES = ["iterations", "evaluations", "gradient_equivalents", "seconds"]

costs = defaultdict(dict)  # (axis, tolerance) -> (problem, start) -> solver -> cost
dimension, solvers, tolerances = {}, [], []
for row in csv.DictReader(open(f"{folder}/costs.csv", encoding="utf-8")):
    dimension[row["problem"]] = int(row["dimension"])
    tolerance = float(row["tolerance"])
    for name, known in ((row["solver"], solvers), (tolerance, tolerances)):
        if name not in known:
            known.append(name)
    for axis in AXES:
        trials = costs[axis, tolerance].setdefault((row["problem"], row["start"]), {})
        trials[row["solver"]] = float(row[axis]) if row[axis] else math.inf


def steps(values):
    """The corners of the share of values that are at most x."""
    found, reached = {}, 0
    for value in sorted(v for v in values if v < math.inf):
        reached += 1
        found[value] = reached / len(values)
    return sorted(found.items())


def ratio(cost, least):
    return math.inf if cost == math.inf else 1.0 if cost == least else cost / least


expected = {}
for axis in AXES:
    for solver in solvers:
        for tolerance in tolerances:
            trials = costs[axis, tolerance]
            ratios = [ratio(of[solver], min(of.values())) for of in trials.values()]
            expected["performance", axis, tolerance, solver] = steps(ratios)
            scaled = [of[solver] / (dimension[name] + 1) for (name, _), of in trials.items()]
            expected["data", axis, tolerance, solver] = steps(scaled)
        every = [of[solver] for t in tolerances for of in costs[axis, t].values()]
        expected["ecdf", axis, None, solver] = steps(every)

written = defaultdict(list)
for row in csv.DictReader(open(f"{folder}/profiles.csv", encoding="utf-8")):
    tolerance = float(row["tolerance"]) if row["tolerance"] else None
    key = (row["kind"], row["axis"], tolerance, row["solver"])
    if row["work"]:
        written[key].append((float(row["work"]), float(row["share_solved"])))

wrong = [key for key, corners in expected.items() if corners != written[key]]
for key in wrong[:10]:
    print(key, expected[key][:3], written[key][:3])
print(f"{len(expected)} profiles, {len(wrong)} differ")
sys.exit(bool(wrong) or set(written) - set(expected) != set())
