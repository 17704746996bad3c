"""Writes derivatives.json: the formulas of hock-schittkowski.json and their derivatives, computed by SymPy 1.14
with 50 digits and rounded to f64.

    python3 generate.py ../../../examples/data/hock-schittkowski.json > derivatives.json

At x with x_i = x0_i (1 + cos(3i) / 10), or 0.3 where x0_i = 0, i = 1 .. n: the cost f, its gradient, the product of its Hessian with
v_i = 1 + i / 4, the constraints c, their Jacobian by rows, and the product of the Hessian of the sum of i c_i with v.
"""

import json
import math
import re
import sys
from fractions import Fraction

import sympy as sp


def parse(text, names):
    """The formula, with every number as f64 holds it."""
    exact = lambda match: "Rational({},{})".format(*Fraction(float(match[0])).as_integer_ratio())
    text = re.sub(r"(?<![\w.])\d+(\.\d+)?", exact, text.replace("^", "**"))
    return sp.sympify(eval(text, {"Rational": sp.Rational, "exp": sp.exp, "log": sp.log, "sin": sp.sin, "cos": sp.cos,
                                  "sqrt": sp.sqrt, "pi": sp.pi, **names}))


def values(expressions, point):
    return [float(sp.N(e.subs(point), 50)) for e in expressions]


rows = []
for problem in json.load(open(sys.argv[1]))["problems"]:
    n = problem["n"]
    x = [sp.Symbol(f"x{i}") for i in range(1, n + 1)]
    names = {str(s): s for s in x}
    at = [x0 * (1 + math.cos(3 * i) / 10) if x0 else 0.3 for i, x0 in enumerate(problem["x0"], 1)]
    point = [(s, sp.Rational(*Fraction(a).as_integer_ratio())) for s, a in zip(x, at)]
    v = [1 + sp.Rational(i, 4) for i in range(1, n + 1)]
    product = lambda e: [sum(sp.diff(g, s) * w for s, w in zip(x, v)) for g in (sp.diff(e, s) for s in x)]
    f = parse(problem["objective"], names)
    c = [parse(k["expr"], names) for k in problem["constraints"]]
    weighted = sum((i * e for i, e in enumerate(c, 1)), sp.Integer(0))
    rows.append({"name": problem["name"], "x": at, "cost": values([f], point)[0],
                 "gradient": values([sp.diff(f, s) for s in x], point), "product": values(product(f), point),
                 "constraints": values(c, point), "jacobian": [values([sp.diff(e, s) for s in x], point) for e in c],
                 "weighted": values(product(weighted), point)})
    print(problem["name"], file=sys.stderr)
print("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")
