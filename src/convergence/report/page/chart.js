// A chart with two axes. Series: {solver, label, points, width, faint, markers, lines: false}.

const MARGIN = {top: 12, right: 16, bottom: 46, left: 62};
const PAINT = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font-size', 'font-family', 'text-anchor'];

class Chart {
  constructor(figure, title, file) {
    this.figure = figure;
    this.title = title;
    this.file = file;
    this.caption = element('span', {}, title);
    this.note = element('p', {class: 'note'});
    this.key = element('ul', {class: 'key'});
    this.plot = element('div');
    const button = element('button', {type: 'button', click: () => this.save()}, 'Save SVG');
    figure.append(element('figcaption', {}, this.caption, button), this.plot, this.note, this.key);
  }

  /** Draws from the beginning: the axes fit what is given. */
  draw({x, y, series, extras = [], note = ''}) {
    this.width = Math.max(240, this.figure.clientWidth);
    this.height = Math.round(Math.min(440, Math.max(270, this.width * 0.62)));
    const seen = series.concat(extras.filter(extra => extra.fits)).flatMap(one => one.points);
    this.x = scale(x, seen.map(point => point[0]), [MARGIN.left, this.width - MARGIN.right]);
    this.y = scale(y, seen.map(point => point[1]), [this.height - MARGIN.bottom, MARGIN.top]);
    this.svg = svgElement('svg', {viewBox: `0 0 ${this.width} ${this.height}`, width: this.width, height: this.height,
      role: 'img', 'aria-label': `${this.title}: ${y.label} over ${x.label}`, 'font-family': 'system-ui, sans-serif', 'font-size': 12,
      pointermove: event => this.point(event), pointerleave: () => this.leave()});
    this.axes(x, y);
    this.inner = svgElement('g', {'clip-path': `inset(0)`});
    this.clip();
    extras.filter(extra => extra.band).forEach(extra => this.band(extra));
    this.drawn = series.map(one => this.line(one));
    extras.filter(extra => !extra.band).forEach(extra => this.guide(extra));
    this.plot.replaceChildren(this.svg);
    this.note.textContent = note;
  }

  clip() {
    const id = `clip-${this.file}`;
    const {left, right, top, bottom} = MARGIN;
    this.svg.append(svgElement('clipPath', {id}, svgElement('rect',
      {x: left, y: top, width: this.width - left - right, height: this.height - top - bottom})));
    this.inner.setAttribute('clip-path', `url(#${id})`);
    this.svg.append(this.inner);
  }

  axes(x, y) {
    const [left, right, top, bottom] = [MARGIN.left, this.width - MARGIN.right, MARGIN.top, this.height - MARGIN.bottom];
    const rule = (x1, y1, x2, y2, stroke) => svgElement('line', {x1, y1, x2, y2, style: `stroke:${stroke}`});
    const text = (words, x, y, more) => svgElement('text', {x, y, style: 'fill:var(--ink)', ...more}, words);
    for (const [value, label] of this.x.ticks(Math.max(3, (right - left) / 75))) {
      const at = this.x.at(value);
      this.svg.append(rule(at, top, at, bottom, 'var(--grid)'), text(label, at, bottom + 17, {'text-anchor': 'middle'}));
    }
    for (const [value, label] of this.y.ticks((bottom - top) / 34)) {
      const at = this.y.at(value);
      this.svg.append(rule(left, at, right, at, 'var(--grid)'), text(label, left - 7, at + 4, {'text-anchor': 'end'}));
    }
    const middle = (top + bottom) / 2;
    this.svg.append(rule(left, bottom, right, bottom, 'var(--ink)'), rule(left, top, left, bottom, 'var(--ink)'),
      text(x.label, (left + right) / 2, this.height - 8, {'text-anchor': 'middle', class: 'x-label'}),
      text(y.label, 14, middle, {'text-anchor': 'middle', class: 'y-label', transform: `rotate(-90 14 ${middle})`}));
  }

  line({solver, label, points, width = 2, faint = false, markers = false, lines = true}) {
    const places = points.map(([x, y]) => this.place(x, y));
    const group = svgElement('g', {'data-solver': solver, opacity: faint ? 0.45 : 1});
    const color = `var(--c${DATA.looks[solver].color})`;
    if (lines) {
      group.append(svgElement('path', {d: path(places), fill: 'none', style: `stroke:${color}`, 'stroke-width': width,
        'stroke-dasharray': DATA.looks[solver].dash.join(' ') || 'none', 'stroke-linejoin': 'round'}));
    }
    const shown = places.filter(Boolean);
    const every = markers === true ? Math.max(1, Math.ceil(shown.length / 7)) : 1;
    const marked = markers ? shown.filter((_, k) => k % every === 0) : [];
    if (marked.length) group.append(svgElement('path', {d: marked.map(at => marker(solver, at, lines ? 1 : 0.7)).join(''), style: `fill:${color}`}));
    this.inner.append(group);
    return {group, solver, label, points, places};
  }

  /** A shaded part of the horizontal axis. */
  band({band, color}) {
    const [from, to] = band.map(value => this.x.at(value)).map(at => Number.isFinite(at) ? at : MARGIN.left);
    this.inner.append(svgElement('rect', {class: 'window', x: from, y: MARGIN.top, width: Math.max(1, to - from),
      height: this.height - MARGIN.top - MARGIN.bottom, opacity: 0.13, style: `fill:${color}`}));
  }

  /** A line that is no measurement, with its name at one of its ends, within the chart. */
  guide({points, dash = 'none', color = 'var(--ink)', width = 1.5, text, label = points.length - 1}) {
    const places = points.map(([x, y]) => this.place(x, y));
    this.inner.append(svgElement('path', {d: path(places), fill: 'none', style: `stroke:${color}`, 'stroke-width': width, 'stroke-dasharray': dash}));
    const end = places[label];
    if (text && end) {
      const [x, y] = [Math.min(end[0], this.width - MARGIN.right), Math.min(end[1], this.height - MARGIN.bottom)];
      const side = x > MARGIN.left + 80 ? {x: x - 6, 'text-anchor': 'end'} : {x: x + 6, 'text-anchor': 'start'};
      this.inner.append(svgElement('text', {...side, y: Math.max(MARGIN.top + 12, y - 6), style: `fill:${color};stroke:var(--page);stroke-width:3px;paint-order:stroke`}, text));
    }
  }

  place(x, y) {
    const at = [this.x.at(x), this.y.at(y)];
    return at.every(Number.isFinite) ? at : null;
  }

  /** The nearest point within 24 pixels is described; its solver stands out. */
  point(event) {
    const box = this.svg.getBoundingClientRect();
    const zoom = this.width / box.width;
    const [x, y] = [(event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom];
    let best = {distance: 24};
    for (const one of this.drawn) {
      one.places.forEach((at, k) => {
        const distance = at ? Math.hypot(at[0] - x, at[1] - y) : Infinity;
        if (distance < best.distance) best = {distance, one, k};
      });
    }
    if (!best.one) return this.leave();
    const [px, py] = best.one.points[best.k];
    tip(event, `${DATA.solvers[best.one.solver]}${best.one.label}\n${this.x.label}: ${number(px)}\n${this.y.label}: ${number(py)}`);
    this.drawn.forEach(one => { one.group.style.opacity = one.solver === best.one.solver ? 1 : 0.2; });
  }

  leave() {
    tip(null);
    this.drawn.forEach(one => { one.group.style.opacity = ''; });
  }

  /** The drawing with its styles inlined. */
  save() {
    const copy = this.svg.cloneNode(true);
    const nodes = [this.svg, ...this.svg.querySelectorAll('*')];
    [copy, ...copy.querySelectorAll('*')].forEach((node, k) => {
      const style = getComputedStyle(nodes[k]);
      node.removeAttribute('style');
      PAINT.forEach(name => node.setAttribute(name, style.getPropertyValue(name)));
    });
    const fill = getComputedStyle(document.body).backgroundColor;
    copy.prepend(svgElement('rect', {width: this.width, height: this.height, fill}));
    save(`${this.file}.svg`, 'image/svg+xml', new XMLSerializer().serializeToString(copy));
  }
}

function path(places) {
  let pen = 'M';
  return places.map(at => {
    if (!at) { pen = 'M'; return ''; }
    const step = `${pen}${at[0].toFixed(1)},${at[1].toFixed(1)}`;
    pen = 'L';
    return step;
  }).join('');
}

function marker(solver, at, size = 1) {
  return path(DATA.looks[solver].marker.map(([x, y]) => [at[0] + size * x, at[1] + size * y])) + 'Z';
}

/** A scale from values to pixels; `at` is not finite for what cannot be shown. */
function scale({label, log, from}, values, [first, last]) {
  const shown = values.filter(value => Number.isFinite(value) && (!log || value > 0)).concat(from ?? []);
  const change = log ? Math.log10 : value => value;
  let [low, high] = shown.reduce(([a, b], value) => [Math.min(a, change(value)), Math.max(b, change(value))], [Infinity, -Infinity]);
  if (low > high) [low, high] = [0, 1];
  if (high - low < 1e-12 * Math.abs(high) + Number.MIN_VALUE) high = low + 1;
  const at = value => value === null || (log && value <= 0) ? NaN : first + (change(value) - low) / (high - low) * (last - first);
  return {label, at, low, high, log, ticks: count => log ? decades(low, high, count) : steps(low, high, count)};
}

function steps(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find(factor => factor * power >= rough);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step && ticks.length < 50; k++) ticks.push([k * step, number(k * step)]);
  return ticks;
}

/** Powers of ten; within few decades 2 and 5 as well. */
function decades(low, high, count) {
  const each = Math.max(1, Math.ceil((high - low) / count));
  const factors = high - low < 2 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let k = Math.floor(low); k <= high; k++) {
    if (k % each) continue;
    for (const factor of factors) {
      const value = factor * 10 ** k;
      const log = k + Math.log10(factor);
      if (log >= low - 1e-9 && log <= high + 1e-9) ticks.push([value, high - low < 6 && Math.abs(k) < 4 ? number(value) : (factor > 1 ? `${factor}·` : '') + powerOfTen(k)]);
    }
  }
  return ticks;
}

function tip(event, text) {
  const box = document.getElementById('tip');
  box.hidden = !event;
  if (!event) return;
  box.textContent = text;
  box.style.left = `${Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 4)}px`;
  box.style.top = `${Math.min(event.clientY + 14, innerHeight - box.offsetHeight - 4)}px`;
}
