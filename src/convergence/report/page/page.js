// The page: what is chosen, and what is drawn again when that changes.

const DATA = JSON.parse(document.getElementById('data').textContent);
const STATE = {problem: 0, axis: 'iterations', xLog: false, yLog: true, focus: null, hidden: new Set(),
  profileAxis: DATA.profiles[0]?.axis, tolerance: DATA.profiles.find(profile => profile.tolerance !== null)?.tolerance ?? null, profileLog: true};
const SCALES = [['linear', 'linear'], ['log', 'logarithmic']];

const byId = id => document.getElementById(id);
const distinct = list => [...new Set(list)];

function provenance() {
  for (const [name, value] of Object.entries(DATA.provenance)) {
    if (value !== '') byId('provenance').append(element('div', {}, element('dt', {}, name), element('dd', {}, String(value))));
  }
}

function legend(redraw) {
  const buttons = DATA.solvers.map((name, solver) => element('button', {type: 'button', 'aria-pressed': 'true', 'data-solver': solver, click: () => {
    if (!STATE.hidden.delete(solver)) STATE.hidden.add(solver);
    redraw();
  }}, swatch(solver), name));
  const all = (words, hidden) => element('button', {type: 'button', click: () => { STATE.hidden = new Set(hidden); redraw(); }}, words);
  byId('legend').append(...buttons, all('all', []), all('none', DATA.solvers.keys()));
  return () => buttons.forEach((button, solver) => button.setAttribute('aria-pressed', String(!STATE.hidden.has(solver))));
}

/** The first solver whose rate can be compared with theory, or else any with a rate. */
function chooseFocus() {
  const rates = DATA.rates.filter(rate => rate.problem === STATE.problem && rate.value !== null);
  STATE.focus = (rates.find(rate => rate.theory) ?? rates[0])?.solver ?? null;
}

function problemControls(redraw) {
  const set = change => value => { change(value); redraw(); };
  const parent = byId('problem-controls');
  choice(parent, 'Problem', 'problem', DATA.problems.map((problem, k) => [k, problem.name]), set(value => {
    STATE.problem = Number(value);
    chooseFocus();
    focus.value = STATE.focus ?? '';
  }));
  choice(parent, 'Over', 'axis', DATA.axes.map(axis => [axis.name, axis.label]), set(value => { STATE.axis = value; }));
  choice(parent, 'Horizontal', 'x-scale', SCALES, set(value => { STATE.xLog = value === 'log'; }));
  choice(parent, 'Vertical', 'y-scale', SCALES, set(value => { STATE.yLog = value === 'log'; })).value = 'log';
  const focus = choice(parent, 'Rate of', 'focus', [['', 'none'], ...DATA.solvers.map((name, k) => [k, name])],
    set(value => { STATE.focus = value === '' ? null : Number(value); }));
  chooseFocus();
  focus.value = STATE.focus ?? '';
}

function profileControls(redraw) {
  const set = change => value => { change(value); redraw(); };
  const parent = byId('profile-controls');
  const tolerances = distinct(DATA.profiles.map(profile => profile.tolerance)).filter(tolerance => tolerance !== null);
  const axes = distinct(DATA.profiles.map(profile => profile.axis));
  choice(parent, 'Tolerance', 'tolerance', tolerances.map(tolerance => [tolerance, tolerance.toExponential()]), set(value => { STATE.tolerance = Number(value); }));
  choice(parent, 'Work in', 'profile-axis', axes.map(axis => [axis, axisLabel(axis)]), set(value => { STATE.profileAxis = value; }));
  choice(parent, 'Horizontal', 'profile-scale', SCALES, set(value => { STATE.profileLog = value === 'log'; })).value = 'log';
}

/** A table that is made when it is first looked at. */
function lazily(id, make) {
  const details = byId(id);
  details.addEventListener('toggle', () => make(details), {once: true});
}

function start() {
  document.querySelector('main').hidden = false;
  const charts = {
    errors: new Chart(byId('errors'), 'Error', 'errors'),
    order: new Chart(byId('order'), 'Order of convergence', 'order'),
    performance: new Chart(byId('performance'), 'Performance profile', 'performance'),
    data: new Chart(byId('data-profile'), 'Data profile', 'data_profile'),
    ecdf: new Chart(byId('ecdf'), 'Running times over targets (ECDF)', 'ecdf'),
  };
  const ofProblem = () => { drawErrors(charts.errors); drawOrder(charts.order); };
  const ofProfiles = () => ['performance', 'data', 'ecdf'].forEach(kind => drawProfile(charts[kind], kind));
  const redraw = () => { ofProblem(); ofProfiles(); pressed(); };
  const pressed = legend(redraw);
  provenance();
  problemControls(ofProblem);
  profileControls(ofProfiles);
  ratesTable(byId('rates'));
  lazily('times', timesTable);
  lazily('runs', runsTable);
  byId('save-data').addEventListener('click', () => save('data.json', 'application/json', byId('data').textContent));
  let width = innerWidth;
  addEventListener('resize', () => { if (width !== innerWidth) { width = innerWidth; redraw(); } });
  redraw();
}

start();
