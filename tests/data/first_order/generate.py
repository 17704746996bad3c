"""First-order optimizer reference traces ("first-order-traces/1" cases).
usage: generate.py verify | extra | both"""
import os, sys, json, math, warnings, io, contextlib
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ["OMP_NUM_THREADS"] = "1"
warnings.filterwarnings("ignore")
import logging; logging.disable(logging.WARNING)
import numpy as np, inspect, time
FIX = "traces.json"
STEPS = [1, 2, 3, 5, 10, 50, 100, 500]
A = [[420., 210., 140., 105.], [210., 140., 105., 84.], [140., 105., 84., 70.], [105., 84., 70., 60.]]
B = [0., -91., -98., -93.]
def quad_g(x):
    return [((r[0]*x[0]+r[1]*x[1])+r[2]*x[2])+r[3]*x[3]-b for r, b in zip(A, B)]
def quad_f(x):
    s = 0.0
    for i in range(4):
        ax = ((A[i][0]*x[0]+A[i][1]*x[1])+A[i][2]*x[2])+A[i][3]*x[3]
        s += x[i]*(0.5*ax-B[i])
    return s
def rosen_g(x):
    t = x[1]-x[0]*x[0]
    return [-2*(1-x[0])-400*x[0]*t, 200*t]
def rosen_f(x):
    t = x[1]-x[0]*x[0]
    return (1-x[0])**2+100*t*t
PROB = {"quad4": (quad_g, quad_f, [-1.5, 2., .5, 1.]), "rosen2": (rosen_g, rosen_f, [-1.2, 1.])}
_torch = _jax = None
def torch_():
    global _torch
    if _torch is None:
        import torch
        torch.set_default_dtype(torch.float64); torch.set_num_threads(1); _torch = torch
    return _torch
def jax_():
    global _jax
    if _jax is None:
        import jax
        jax.config.update("jax_enable_x64", True); jax.config.update("jax_platforms", "cpu")
        import optax, jax.numpy as jnp
        from optax.contrib import _schedule_free as sf
        orig = sf._schedule.warmup_constant_schedule
        sf._schedule.warmup_constant_schedule = lambda **k: f64count(orig(**k))   # float64 count
        _jax = (jax, jnp, optax)
    return _jax
def f64count(sched):
    import jax.numpy as jnp
    return lambda c: sched(jnp.asarray(c, jnp.float64))

# ---------------------------------------------------------------- backends: make() -> step(g, f) with .x get/set
class Torch:
    def __init__(self, lib, opt, hyper, x0, shape=None):
        torch = torch_()
        import importlib
        mod = torch.optim if lib == "torch" else importlib.import_module(lib)
        cls = getattr(mod, opt)
        h = dict(hyper)
        for k in ("betas", "etas", "step_sizes", "eps"):
            if isinstance(h.get(k), list): h[k] = tuple(h[k])
        sig = inspect.signature(cls.__init__).parameters
        if "foreach" in sig: h["foreach"] = False
        elif lib == "pytorch_optimizer" and any(p.kind == p.VAR_KEYWORD for p in sig.values()): h["foreach"] = False
        t = torch.tensor(x0)
        if shape: t = t.reshape(shape)
        self.p = torch.nn.Parameter(t); self.lib, self.opt = lib, opt
        with contextlib.redirect_stdout(io.StringIO()):
            self.o = cls([self.p], **h)
        if lib == "schedulefree": self.o.train()
        self.torch = torch
    def get(self): return self.p.detach().reshape(-1).tolist()
    def set(self, x):
        with self.torch.no_grad(): self.p.copy_(self.torch.tensor(x).reshape(self.p.shape))
    def step(self, g, f):
        self.p.grad = self.torch.tensor(g).reshape(self.p.shape)
        self.o.step()
    def aux(self):
        if self.lib == "schedulefree":
            g = self.o.param_groups[0]; b = g["momentum"] if "momentum" in g else g["betas"][0]
            st = self.o.state[self.p]
            return self.p.detach().lerp(st["z"], 1-1/b).tolist()
        if self.opt == "ASGD": return self.o.state[self.p]["ax"].tolist()

class Optax:
    cache = {}
    def __init__(self, opt, hyper, x0, shape=None):
        jax, jnp, optax = jax_()
        self.jnp = jnp; self.shape = shape or (len(x0),)
        self.look = opt.startswith("lookahead"); self.sf = opt.startswith("schedule_free")
        key = (opt, json.dumps(hyper), str(self.shape))
        if key not in Optax.cache:
            Optax.cache.clear()
            tx = self.build(opt, dict(hyper), optax)
            tx = optax.with_extra_args_support(tx) if hasattr(optax, "with_extra_args_support") else tx
            val = opt in ("polyak_sgd", "momo", "momo_adam")
            look = self.look
            @jax.jit
            def step(g, s, x, f):
                u, s = tx.update(g, s, x, value=f) if val else tx.update(g, s, x)
                return optax.apply_updates(x, u), s
            Optax.cache[key] = (tx, step)
        self.tx, self.fn = Optax.cache[key]
        x = jnp.asarray(np.array(x0, dtype=np.float64).reshape(self.shape))
        self.x = optax.LookaheadParams.init_synced(x) if self.look else x
        self.s = self.tx.init(self.x)
        self.optax = optax
    @staticmethod
    def build(opt, h, optax):
        import jax.numpy as jnp
        c = optax.contrib
        if opt == "chain(clip_by_global_norm,adam)":
            m = h.pop("max_norm"); return optax.chain(optax.clip_by_global_norm(m), optax.adam(**h))
        if opt == "chain(clip,sgd-momentum)":
            m = h.pop("max_delta"); return optax.chain(optax.clip(m), optax.sgd(**h))
        if opt == "chain(adaptive_grad_clip,sgd)":
            a = (h.pop("clipping"), h.pop("eps", 1e-3)); return optax.chain(optax.adaptive_grad_clip(*a), optax.sgd(**h))
        if opt == "adamw+warmup_cosine":
            k = {n: h.pop(n) for n in ("init_value", "peak_value", "warmup_steps", "decay_steps", "end_value", "exponent") if n in h}
            return optax.adamw(f64count(optax.warmup_cosine_decay_schedule(**k)), **h)
        if opt == "sgd+exponential_decay":
            k = {n: h.pop(n) for n in ("init_value", "transition_steps", "decay_rate", "transition_begin", "staircase", "end_value") if n in h}
            return optax.sgd(f64count(optax.exponential_decay(**k)), **h)
        if opt.startswith("apply_every("):
            k, m = h.pop("every_k"), h.pop("use_grad_mean", True)
            return optax.MultiSteps(optax.adam(**h), k, use_grad_mean=m, accumulator_dtype=jnp.float64).gradient_transformation()
        if opt.startswith("lookahead"):
            a = (h.pop("sync_period"), h.pop("slow_step_size"), h.pop("reset_state", False))
            return optax.lookahead(optax.adam(**h), *a)
        for k in ("betas", "init_step"):
            if k in h: h[k] = tuple(h[k])
        fn = getattr(optax, opt, None) or getattr(c, opt)
        return fn(**h)
    def get(self):
        return np.asarray(self.x.fast if self.look else self.x).reshape(-1).tolist()
    def set(self, x):
        x = self.jnp.asarray(np.array(x).reshape(self.shape))
        self.x = self.x._replace(fast=x) if self.look else x
    def step(self, g, f):
        g = np.array(g).reshape(self.shape)
        self.x, self.s = self.fn(g, self.s, self.x, np.float64(f))
    def aux(self):
        if self.look: return np.asarray(self.x.slow).reshape(-1).tolist()
        if self.sf: return np.asarray(self.optax.contrib.schedule_free_eval_params(self.s, self.x)).tolist()

class Py:
    def __init__(self, opt, h, x0):
        self.opt, self.h, self.x, self.t = opt, dict(h), list(x0), 0
        n = len(x0); self.m = [0.]*n; self.v = [0.]*n; self.vm = [0.]*n; self.px = self.pg = None
        self.z = list(x0); self.th = 1.0
    def get(self): return list(self.x)
    def set(self, x): self.x = list(x)
    def aux(self): return None
    def step(self, g, f):
        h, x = self.h, self.x; self.t += 1; t = self.t; n = len(x); o = self.opt
        if o in ("QHAdam", "AdaBound", "AdamEpsHat"):
            b1, b2 = h["beta1"], h["beta2"]
            c1, c2 = 1-b1**t, 1-b2**t
            for i in range(n):
                self.m[i] = b1*self.m[i]+(1-b1)*g[i]; self.v[i] = b2*self.v[i]+(1-b2)*g[i]*g[i]
                m, v = self.m[i], self.v[i]
                if o == "QHAdam":
                    num = (1-h["nu1"])*g[i]+h["nu1"]*m/c1
                    den = math.sqrt((1-h["nu2"])*g[i]*g[i]+h["nu2"]*v/c2)+h["eps"]
                    x[i] -= h["lr"]*num/den
                elif o == "AdamEpsHat":
                    x[i] -= h["lr"]*math.sqrt(c2)/c1*m/(math.sqrt(v)+h["eps_hat"])
                else:
                    if h["amsbound"]: self.vm[i] = v = max(self.vm[i], v)
                    lo = h["final_lr"]*(1-1/(h["gamma"]*t+1)); hi = h["final_lr"]*(1+1/(h["gamma"]*t))
                    x[i] -= min(max(h["lr"]*math.sqrt(c2)/c1/(math.sqrt(v)+h["eps"]), lo), hi)*m
        elif o == "BarzilaiBorwein":
            a = h["lr0"]; ox = list(x)
            if self.px is not None:
                s = [p-q for p, q in zip(x, self.px)]; y = [p-q for p, q in zip(g, self.pg)]
                sy = sum(p*q for p, q in zip(s, y))
                if sy > 0:
                    a = sum(p*p for p in s)/sy if h["variant"] == 1 else sy/sum(p*p for p in y)
            self.px, self.pg = ox, list(g)
            for i in range(n): x[i] -= a*g[i]
        elif o == "NesterovFista":
            z = [p-h["lr"]*q for p, q in zip(x, g)]
            th = (1+math.sqrt(1+4*self.th*self.th))/2; k = (self.th-1)/th
            self.x = [p+k*(p-q) for p, q in zip(z, self.z)]; self.z, self.th = z, th
        else: raise KeyError(o)

def make(lib, opt, hyper, x0, shape):
    if lib == "python": return Py(opt, hyper, x0)
    if lib == "optax": return Optax(opt, hyper, x0, shape)
    return Torch(lib, opt, hyper, x0, shape)
def run(lib, opt, problem, hyper, shape=None, seed=None):
    gf, ff, x0 = PROB[problem]
    o = make(lib, opt, hyper, x0, shape)
    rng = np.random.default_rng(seed) if seed is not None else None
    xs, aux = [], []
    for k in range(1, STEPS[-1]+1):
        x = o.get()
        try: g, f = gf(x), ff(x)
        except OverflowError: g, f = [math.nan]*len(x), math.nan
        if rng is not None:
            g = [a*(1+2.**-52*u) for a, u in zip(g, rng.uniform(-1, 1, len(g)))]
        o.step(g, f)
        if rng is not None:
            o.set([a*(1+2.**-53*u) for a, u in zip(o.get(), rng.uniform(-1, 1, len(g)))])
        if k in STEPS:
            xs.append(o.get()); aux.append(o.aux())
    return xs, (None if aux[0] is None else aux)
def rel(a, b):
    s = max(1.0, max(abs(v) for v in a))
    return max(abs(u-v) for u, v in zip(a, b))/s
AUXN = {"lookahead": "slow parameters", "ASGD": "averaged parameters ax"}
def auxname(opt):
    if opt.startswith("lookahead"): return "slow parameters"
    return None if opt == "ASGD" else "evaluation iterate x (trace is y)"
def case(lib, opt, problem, hyper, shape=None, note=None, runs=3):
    xs, aux = run(lib, opt, problem, hyper, shape)
    dev = [0.0]*len(STEPS)
    for r in range(runs):
        ys, _ = run(lib, opt, problem, hyper, shape, seed=1000+r)
        dev = [max(d, rel(a, b)) for d, a, b in zip(dev, xs, ys)]
    c = {"lib": lib, "opt": opt, "hyper": hyper, "problem": problem, "x": xs, "dev": [float("%.1e" % d) for d in dev]}
    if shape: c["shape"] = list(shape)
    if note: c["note"] = note
    if aux: c["aux"] = aux; c["aux_name"] = ASGD_NAME if opt == "ASGD" else auxname(opt)
    return c
ASGD_NAME = "averaged iterate ax"

def verify():
    global ASGD_NAME
    d = json.load(open(FIX)); bad = []; hard = []
    worst = 0.0
    for i, c in enumerate(d["cases"]):
        if c["opt"] == "ASGD": ASGD_NAME = c["aux_name"]
        t0 = time.time()
        try: xs, aux = run(c["lib"], c["opt"], c["problem"], c["hyper"], c.get("shape"))
        except Exception as e:
            hard.append((i, c["lib"], c["opt"], repr(e)[:200])); print("ERR", i, c["lib"], c["opt"], repr(e)[:300], flush=True); continue
        msgs = []; over = []
        for s, a, b, dv, j in zip(STEPS, c["x"], xs, c["dev"], range(99)):
            e = rel(a, b)
            if not e <= 1e-12: over.append((s, "%.1e" % e, dv))
            if dv <= 1e-6 and not e <= max(1e-12, 100*dv): msgs.append((s, "%.1e" % e, dv))
            if dv < 1e-14: worst = max(worst, e)
            if "aux" in c:
                e = rel(c["aux"][j], aux[j])
                if dv <= 1e-6 and not e <= max(1e-12, 100*dv): msgs.append(("aux", s, "%.1e" % e, dv))
        if msgs: print("FAIL", i, c["lib"], c["opt"], c["problem"], c["hyper"], msgs, flush=True); bad.append(i)
        elif over: print("over1e-12-but-within-dev", i, c["lib"], c["opt"], c["problem"], c["hyper"], over, flush=True)
    print("cases", len(d["cases"]), "fail", len(bad), "errors", len(hard), "worst err where dev<1e-14: %.1e" % worst)

def extra():
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from extra_list import CASES
    d = json.load(open(FIX)); global ASGD_NAME
    seen = {(c["lib"], c["opt"], c["problem"], json.dumps(c["hyper"], sort_keys=True)) for c in d["cases"]}
    for c in d["cases"]:
        if c["opt"] == "ASGD": ASGD_NAME = c["aux_name"]
    out = []; t0 = time.time()
    for e in CASES:
        lib, opt, prob, hyper = e[:4]; note = e[4] if len(e) > 4 else None
        key = (lib, opt, prob, json.dumps(hyper, sort_keys=True))
        if key in seen: print("DUP", key); continue
        seen.add(key)
        try: c = case(lib, opt, prob, hyper, note=note)
        except Exception as ex: print("ERR", key, repr(ex)[:300], flush=True); continue
        flat = [v for k in ("x", "aux") for r in c.get(k, []) for v in r]
        if not all(map(math.isfinite, flat)): print("NONFINITE", key, c["x"][-3:], flush=True); continue
        out.append(c)
        if sum(v > 1e-8 for v in c["dev"]) > 1: print("chaotic", key, c["dev"], flush=True)
        if max(map(abs, flat)) > 1e6: print("large", key, max(map(abs, flat)), flush=True)
    res = {k: d[k] for k in ("format", "versions", "about", "problems", "steps")}
    res["about"] = res["about"] + ["extra cases: other hyperparameters than first-order-traces.json; dev from 3 noise runs; made by generate.py + extra_list.py"]
    res["cases"] = out
    s = json.dumps({k: v for k, v in res.items() if k != "cases"}, indent=1)[:-2]
    with open("more_traces.json", "w") as fh:
        fh.write(s + ',\n "cases": [\n' + ",\n".join("  "+json.dumps(c, allow_nan=False) for c in out) + "\n ]\n}\n")
    print("wrote", len(out), "of", len(CASES), "in %.0fs" % (time.time()-t0))
if __name__ == "__main__":
    m = sys.argv[1]
    if m in ("verify", "both"): verify()
    if m in ("extra", "both"): extra()
