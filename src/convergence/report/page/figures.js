// What the charts show.

const COLUMN = {iterations: 0, evaluations: 1, gradient_equivalents: 2, seconds: 3};
const ERROR = 4;

function axisLabel(name) {
  return DATA.axes.find(axis => axis.name === name).label;
}

function onProblem(list) {
  return list.filter(one => one.problem === STATE.problem && !STATE.hidden.has(one.solver));
}

/** For each solver the run of median length. */
function medianRuns(runs) {
  const chosen = new Map();
  for (const solver of new Set(runs.map(run => run.solver))) {
    const own = runs.filter(run => run.solver === solver && run.curve.length).sort((a, b) => a.iterations - b.iterations);
    if (own.length) chosen.set(solver, own[(own.length - 1) >> 1]);
  }
  return chosen;
}

/** The place of an iteration on an axis, between the points of a curve. */
function placeOf(iteration, curve, column) {
  const next = curve.findIndex(point => point[0] >= iteration);
  if (next === -1) {
    const last = curve[curve.length - 1];
    return last[0] ? last[column] * iteration / last[0] : last[column];
  }
  if (next === 0) return curve[0][column];
  const [a, b] = [curve[next - 1], curve[next]];
  return a[column] + (b[column] - a[column]) * (iteration - a[0]) / (b[0] - a[0]);
}

function drawErrors(chart) {
  const column = COLUMN[STATE.axis];
  const runs = onProblem(DATA.runs);
  const middle = medianRuns(runs);
  const along = (points, solver) => points.map(([k, e]) => [placeOf(k, middle.get(solver).curve, column), e]);
  const series = runs.map(run => {
    const main = middle.get(run.solver) === run;
    return {solver: run.solver, label: `, start ${run.start + 1}`, points: run.curve.map(point => [point[column], point[ERROR]]),
      width: main ? 2 : 1, faint: !main, markers: main};
  });
  const rates = onProblem(DATA.rates).filter(rate => middle.has(rate.solver));
  for (const rate of rates) {
    series.push({solver: rate.solver, label: ', fitted', points: along(rate.fit, rate.solver), width: 4.5});
  }
  const rate = rates.find(one => one.solver === STATE.focus);
  const color = rate && `var(--c${DATA.looks[rate.solver].color})`;
  const extras = [];
  if (rate?.window) extras.push({points: [], color, band: rate.window.map(k => placeOf(k, middle.get(rate.solver).curve, column))});
  if (rate?.theory) extras.push({points: along(rate.theory.line, rate.solver), dash: '7 4', width: 2, text: 'theory'});
  if (rate?.floor) extras.push({points: ends(series, rate.floor), dash: '2 3', text: 'rounding', fits: true});
  const problem = DATA.problems[STATE.problem];
  chart.caption.textContent = `Error of ${problem.name}, n = ${problem.n}`;
  chart.draw({x: {label: axisLabel(STATE.axis), log: STATE.xLog}, y: {label: 'error', log: STATE.yLog}, series, extras, note: describe(rate)});
}

/** A level line from the first to the last place. */
function ends(series, level) {
  const places = series.flatMap(one => one.points.map(point => point[0])).filter(place => place > 0 || !STATE.xLog);
  return places.length ? [[places.reduce((a, b) => Math.min(a, b)), level], [places.reduce((a, b) => Math.max(a, b)), level]] : [];
}

function describe(rate) {
  const lines = 'Thin: every start. With markers: the run of median length. Thick: the fitted segment.';
  if (!rate) return lines;
  const window = rate.window ? ` over iterations ${rate.window.join(' to ')} (shaded)` : '';
  const theory = rate.theory ? ` Theory (dashed): ${rate.theory.label}; ${rate.theory.verdict}.` : '';
  return `${lines} ${DATA.solvers[rate.solver]}: ${rate.class}, ${estimate(rate)}${window}.${theory}`;
}

/** Successive errors of successive iterations. */
function drawOrder(chart) {
  const series = onProblem(DATA.runs).map(run => ({
    solver: run.solver, label: `, start ${run.start + 1}`, lines: false, markers: 'all',
    points: run.curve.slice(1).map((point, k) => [run.curve[k], point])
      .filter(([a, b]) => b[0] === a[0] + 1 && a[ERROR] > 0 && b[ERROR] > 0).map(([a, b]) => [a[ERROR], b[ERROR]]),
  }));
  const errors = series.flatMap(one => one.points.flat());
  const low = errors.reduce((a, b) => Math.min(a, b), Infinity);
  const high = errors.reduce((a, b) => Math.max(a, b), -Infinity);
  // The guides meet at the largest error.
  const middle = Math.sqrt(low) * Math.sqrt(high);
  const extras = errors.length ? [
    {points: [[low, low], [middle, middle], [high, high]], dash: '7 4', text: 'slope 1', label: 1},
    {points: [[middle, middle * middle / high], [high, high]], dash: '2 3', text: 'slope 2', label: 0},
  ] : [];
  chart.draw({x: {label: 'error eₖ', log: true}, y: {label: 'next error eₖ₊₁', log: true}, series, extras,
    note: 'Points along slope 1 converge linearly, along slope 2 quadratically.'});
}

/** The profile of a kind for the axis and the tolerance; one over many targets has no tolerance. */
function findProfile(kind) {
  return DATA.profiles.findIndex(profile => profile.kind === kind && profile.axis === STATE.profileAxis
    && (profile.tolerance === null || profile.tolerance === STATE.tolerance));
}

function drawProfile(chart, kind) {
  const index = findProfile(kind);
  chart.figure.hidden = index === -1;
  if (index === -1) return;
  const curves = DATA.profiles[index].curves.filter(curve => !STATE.hidden.has(curve.solver));
  const places = curves.flatMap(curve => curve.points.map(point => point[0])).filter(place => Number.isFinite(place) && (place > 0 || !STATE.profileLog));
  const end = places.reduce((a, b) => Math.max(a, b), 1);
  const first = STATE.profileLog ? places.reduce((a, b) => Math.min(a, b), end) : 0;
  const series = curves.map(curve => ({solver: curve.solver, label: '', points: corners(curve.points, first, end), markers: true}));
  chart.draw({x: {label: DATA.profile_labels[index], log: STATE.profileLog}, y: {label: 'share solved', from: [0, 1]}, series});
  chart.key.replaceChildren(...curves.map(curve => element('li', {}, swatch(curve.solver),
    `${DATA.solvers[curve.solver]}: ${curve.failures} of ${curve.total} failed`)));
}

function corners(points, first, end) {
  let share = 0;
  const line = [[first, 0]];
  for (const [x, next] of points) {
    line.push([x, share], [x, next]);
    share = next;
  }
  line.push([end, share]);
  return line;
}

/** A sample of a solver's line. */
function swatch(solver) {
  const {color, dash} = DATA.looks[solver];
  return svgElement('svg', {width: 34, height: 12, 'aria-hidden': 'true'},
    svgElement('path', {d: 'M1,6L33,6', style: `stroke:var(--c${color})`, 'stroke-width': 2.5, 'stroke-dasharray': dash.join(' ') || 'none'}),
    svgElement('path', {d: marker(solver, [17, 6]), style: `fill:var(--c${color})`}));
}
