'use strict';
// Elements, numbers and files.

const SVG = 'http://www.w3.org/2000/svg';

/** An element with attributes and children; text is never read as HTML. */
function element(tag, attributes = {}, ...children) {
  return complete(document.createElement(tag), attributes, children);
}

function svgElement(tag, attributes = {}, ...children) {
  return complete(document.createElementNS(SVG, tag), attributes, children);
}

function complete(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name, value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A number with about so many significant digits; nothing for null. */
function number(value, digits = 4) {
  if (value === null || value === undefined) return '';
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  return String(Number(value.toPrecision(digits)));
}

function median(values) {
  const sorted = values.filter(value => value !== null).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (!sorted.length) return null;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** 10⁻⁵ */
function powerOfTen(exponent) {
  return '10' + String(exponent).replace(/./g, digit => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(digit)]);
}

function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], {type}));
  element('a', {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function csv(rows) {
  const field = value => /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  return rows.map(row => row.map(value => field(String(value ?? ''))).join(',') + '\r\n').join('');
}

/** A labelled list of choices [value, text]. */
function choice(parent, label, name, options, change) {
  const select = element('select', {name, change: () => change(select.value)},
    ...options.map(([value, text]) => element('option', {value}, text)));
  parent.append(element('label', {}, label, select));
  return select;
}
