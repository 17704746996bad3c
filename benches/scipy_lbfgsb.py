"""SciPy's L-BFGS-B on a problem whose costs and gradients come from the parent process.

Arguments: n, pairs, iterations. All numbers are little-endian float64. Standard input: x0, then f and the gradient for each
request. Standard output: a 1 and x for each request, and a 0 at the end.
"""
import sys

import numpy as np
from scipy.optimize import minimize

n, pairs, iterations = map(int, sys.argv[1:])
source, sink = sys.stdin.buffer, sys.stdout.buffer


def read(count):
    return np.frombuffer(source.read(8 * count), dtype="<f8").copy()


def send(values):
    sink.write(np.asarray(values, dtype="<f8").tobytes())
    sink.flush()


def cost_and_gradient(x):
    send(np.concatenate(([1.0], x)))
    reply = read(n + 1)
    return reply[0], reply[1:]


options = {"maxcor": pairs, "maxiter": iterations, "maxfun": 20 * iterations, "ftol": 0.0, "gtol": 1e-12}
minimize(cost_and_gradient, read(n), jac=True, method="L-BFGS-B", options=options)
send([0.0])
