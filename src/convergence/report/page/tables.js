// Tables that can be sorted, filtered and saved. Columns: {title, value, text, numeric}.

const SYMBOLS = {factor: 'ρ', order: 'p', power: 'a'};

function estimate(rate) {
  return rate.value === null ? 'not measured' : `${SYMBOLS[rate.quantity]} = ${number(rate.value)}${rate.decided ? '' : ' ?'}`;
}

class Table {
  constructor(parent, file, columns, records) {
    this.file = file;
    this.columns = columns;
    this.rows = records.map(record => this.row(record));
    this.body = element('tbody', {}, ...this.rows.map(row => row.node));
    this.heads = columns.map((column, k) => element('th', {scope: 'col', 'aria-sort': 'none', ...(column.numeric && {class: 'number'})},
      element('button', {type: 'button', click: () => this.sort(k)}, column.title)));
    this.count = element('span', {class: 'note', role: 'status'});
    const filter = element('input', {type: 'search', name: 'filter', placeholder: 'problem, solver, class …', input: () => this.filter(filter.value)});
    const button = element('button', {type: 'button', click: () => this.save()}, 'Save CSV');
    parent.append(element('div', {class: 'controls'}, element('label', {}, 'Filter', filter), button, this.count),
      element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': file},
        element('table', {}, element('thead', {}, element('tr', {}, ...this.heads)), this.body)));
    this.filter('');
  }

  row(record) {
    const values = this.columns.map(column => column.value(record));
    const texts = this.columns.map((column, k) => column.text ? column.text(record) : column.numeric ? number(values[k]) : String(values[k] ?? ''));
    const cells = texts.map((text, k) => element('td', {class: this.columns[k].numeric ? 'number' : 'words'}, text));
    return {values, node: element('tr', {}, ...cells), words: texts.join(' ').toLowerCase()};
  }

  /** Again: the other way round. What has no value comes last either way. */
  sort(k) {
    const way = this.heads[k].getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    this.heads.forEach((head, j) => head.setAttribute('aria-sort', j !== k ? 'none' : way > 0 ? 'ascending' : 'descending'));
    const compare = (a, b) => typeof a === 'string' ? a.localeCompare(b) : a - b;
    this.rows.sort(({values: {[k]: a}}, {values: {[k]: b}}) => {
      const [noA, noB] = [a === null || a === '', b === null || b === ''];
      return noA || noB ? noA - noB : way * compare(a, b);
    });
    this.body.append(...this.rows.map(row => row.node));
  }

  filter(text) {
    const words = text.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of this.rows) {
      row.node.hidden = !words.every(word => row.words.includes(word));
      shown += !row.node.hidden;
    }
    this.count.textContent = `${shown} of ${this.rows.length} rows`;
  }

  save() {
    const shown = this.rows.filter(row => !row.node.hidden).map(row => row.values);
    save(`${this.file}.csv`, 'text/csv', csv([this.columns.map(column => column.title), ...shown]));
  }
}

const PROBLEM = {title: 'Problem', value: one => DATA.problems[one.problem].name};
const SOLVER = {title: 'Solver', value: one => DATA.solvers[one.solver]};

function ratesTable(parent) {
  const runs = new Map();
  for (const run of DATA.runs) {
    const key = `${run.problem} ${run.solver}`;
    runs.set(key, (runs.get(key) ?? []).concat(run));
  }
  const own = rate => runs.get(`${rate.problem} ${rate.solver}`) ?? [];
  const successes = rate => own(rate).filter(run => run.solved);
  return new Table(parent, 'rates', [PROBLEM, SOLVER,
    {title: 'Class', value: rate => rate.class},
    {title: 'Order, factor or power', numeric: true, value: rate => rate.value, text: estimate},
    {title: '95 % interval', numeric: true, value: rate => rate.low, text: rate => rate.low === null ? '' : `${number(rate.low)} to ${number(rate.high)}`},
    {title: 'Iterations per digit', numeric: true, value: rate => rate.per_digit, text: rate => number(rate.per_digit, 3)},
    {title: 'Theory', value: rate => rate.theory?.label ?? ''},
    {title: 'Verdict', value: rate => rate.theory?.verdict ?? ''},
    {title: 'Successes', numeric: true, value: rate => successes(rate).length, text: rate => `${successes(rate).length} of ${own(rate).length}`},
    {title: 'Median evaluations', numeric: true, value: rate => median(successes(rate).map(run => run.evaluations))},
  ], DATA.rates);
}

function timesTable(parent) {
  return new Table(parent, 'running_times', [PROBLEM, SOLVER,
    {title: 'Tolerance', numeric: true, value: time => time.tolerance, text: time => time.tolerance.toExponential()},
    {title: 'Unit', value: time => axisLabel(time.axis)},
    {title: 'Expected running time', numeric: true, value: time => time.value, text: time => time.value === null ? 'no success' : number(time.value)},
    {title: 'Successes', numeric: true, value: time => time.successes, text: time => `${time.successes} of ${time.starts}`},
  ], DATA.running_times);
}

function runsTable(parent) {
  const numeric = (title, value) => ({title, value, numeric: true});
  return new Table(parent, 'runs', [PROBLEM, SOLVER, numeric('Start', run => run.start + 1),
    {title: 'End', value: run => run.refused === null ? run.termination : `refused: ${run.refused}`},
    {title: 'Converged', value: run => run.converged ? 'yes' : 'no'}, {title: 'Solved', value: run => run.solved ? 'yes' : 'no'},
    numeric('Cost', run => run.cost), numeric('Gap', run => run.gap), numeric('Iterations', run => run.iterations),
    numeric('Evaluations', run => run.evaluations), numeric('Gradient equivalents', run => run.gradient_equivalents), numeric('Seconds', run => run.seconds),
  ], DATA.runs);
}
