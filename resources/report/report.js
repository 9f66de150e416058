'use strict';
// The person's hand: ranges, the cursor, zoom, and what is said of it.

/** The least that can be zoomed to. */
const LEAST = 5 * MINUTE;
/** So long a key must rest before the cursor's values are spoken: a screen reader is not to be flooded. */
const REST = 300;
/** How wide the charts are drawn for paper, pixels. */
const SHEET = 700;
const place = document.getElementById('charts');

/** The ranges to choose from: those that the report reaches, and all of it where that is none of them. */
const ranges = (() => {
  const whole = Math.max(data.to_ms - data.from_ms, LEAST);
  const known = [
    [HOUR, '1 h', '1 hour'],
    [DAY, '24 h', '24 hours'],
    [7 * DAY, '7 d', '7 days'],
    [31 * DAY, '31 d', '31 days'],
  ];
  // A few minutes may be missing at the beginning.
  const found = known.filter(([span]) => whole >= 0.97 * span).map(([span, label, long]) => ({ span, label, long }));
  const longest = found.length ? found[found.length - 1].span : 0;
  if (whole > 1.03 * longest) found.push({ span: whole, label: 'All', long: `all, ${say.span(whole)}` });
  return found;
})();
// The first that is long enough to say something, and not only of a time in which nothing was recorded.
let range = ranges.findIndex(({ span }) => span >= DAY && data.to_ms - span < knownUntil);
if (range < 0) range = ranges.length - 1;

const home = () => ({ from: data.to_ms - ranges[range].span, to: data.to_ms });
const limits = () => ({ from: Math.min(data.from_ms, home().from), to: data.to_ms });

/** Shows from `from` to `to`, as far as there is something, and tells of it. */
function show(from, to) {
  const { from: first, to: last } = limits();
  const span = Math.min(Math.max(to - from, LEAST), last - first);
  const middle = (from + to) / 2;
  view.from = Math.min(Math.max(middle - span / 2, first), last - span);
  view.to = view.from + span;
  draw();
  const isHome = Math.abs(view.from - home().from) < 1 && Math.abs(view.to - home().to) < 1;
  document.getElementById('reset').hidden = isHome;
  document.getElementById('window').textContent = windowSaid();
  showFigures();
  showByTime();
  showReadouts();
}

function reset() {
  view.cursor = null;
  const { from, to } = home();
  show(from, to);
}

/** Closer (`factor` below 1) or farther, with `time` staying where it is. */
function zoom(factor, time) {
  const { from: first, to: last } = limits();
  const span = Math.min(Math.max((view.to - view.from) * factor, LEAST), last - first);
  const share = (time - view.from) / (view.to - view.from);
  const from = time - share * span;
  show(from, from + span);
}

function pan(ms) {
  show(view.from + ms, view.to + ms);
}

/** Beside each heading: what is under the cursor. */
function showReadouts() {
  const bin = binAtCursor();
  for (const { key } of METRICS) {
    const place = document.getElementById(`${key}-readout`);
    place.replaceChildren(...(bin ? readoutOf(bin, key) : []));
  }
}

function readoutOf(bin, key) {
  const alerts = alertsAt(bin)
    .filter(({ metric }) => metric === key)
    .map((alert) => make('span', { class: 'alert' }, `${alert.what}, ${alert.lasted}`));
  const { count, mean, max } = bin[key];
  const values = count
    ? [
        make('span', {}, 'mean ', make('b', {}, say.percent(mean))),
        make('span', {}, 'max ', make('b', {}, say.percent(max))),
      ]
    : [make('span', {}, 'no data')];
  return [...alerts, ...values];
}

/** The alerts of what the cursor shows. */
function alertsAt(bin) {
  const { from, to } = cursorTime(bin);
  return data.alerts.filter((alert) => isWithin(alert, from, Math.max(to, from + 1)));
}

function moveCursor(time) {
  view.cursor = time;
  drawCursor();
  showReadouts();
}

let rest = 0;

/** Says `text` to screen readers once the keys rest. */
function speak(text) {
  clearTimeout(rest);
  rest = setTimeout(() => {
    document.getElementById('spoken').textContent = text();
  }, REST);
}

function binSaid() {
  const bin = binAtCursor();
  if (!bin) return 'No data.';
  const values = METRICS.map(({ key, name }) =>
    bin[key].count
      ? `${name} mean ${say.percent(bin[key].mean)}, maximum ${say.percent(bin[key].max)}`
      : `${name} not known`,
  );
  const alerts = alertsAt(bin).map((alert) => `alert: ${alert.what}`);
  return `${sayBin(cursorTime(bin))}: ${[...values, ...alerts].join('; ')}.`;
}

/** The cursor goes `count` bins on, past what is not known; at the edge what is shown goes along. */
function step(count) {
  const known = bins.filter((bin) => bin.at >= view.from && bin.at <= view.to && isKnown(bin));
  if (!known.length) return pan(Math.sign(count) * (view.to - view.from) * 0.1);
  const next = nextOf(known, count);
  const isBeyond = next < 0 || next >= known.length;
  if (isBeyond) pan(Math.sign(count) * (view.to - view.from) * 0.25);
  const bin = isBeyond ? neighbour(known[count > 0 ? known.length - 1 : 0], count) : known[next];
  return moveCursor(bin.from);
}

/** The place in `known` that is `count` on from the cursor: from its bin, or from where it is in a gap. */
function nextOf(known, count) {
  if (view.cursor === null) return count > 0 ? 0 : known.length - 1;
  const start = known.indexOf(binAtCursor());
  if (start >= 0) return start + count;
  const after = known.findIndex(({ from }) => from > view.cursor);
  const first = after < 0 ? known.length : after;
  return count > 0 ? first + count - 1 : first + count;
}

/** After what is shown has gone along: the next known bin after, or before, `bin`. */
function neighbour(bin, count) {
  const further = bins.filter((other) => isKnown(other) && other.at >= view.from && other.at <= view.to);
  return (
    (count > 0 ? further.find((other) => other.from > bin.from) : further.findLast((other) => other.from < bin.from)) ??
    bin
  );
}

function stepTo(isLast) {
  view.cursor = null;
  step(isLast ? -1 : 1);
}

const isSeen = (time) => time !== null && time >= view.from && time <= view.to;
/** Around what is zoomed by keys: the cursor, if it is seen. */
const middle = () => (isSeen(view.cursor) ? view.cursor : (view.from + view.to) / 2);
const KEYS = {
  ArrowLeft: (event) => step(event.shiftKey ? -10 : -1),
  ArrowRight: (event) => step(event.shiftKey ? 10 : 1),
  Home: () => stepTo(false),
  End: () => stepTo(true),
  PageUp: () => pan(view.from - view.to),
  PageDown: () => pan(view.to - view.from),
  '+': () => zoom(0.5, middle()),
  '=': () => zoom(0.5, middle()),
  '-': () => zoom(2, middle()),
  0: reset,
  Escape: () => (drag === null ? reset() : cancelDrag()),
};
const MOVES_CURSOR = ['ArrowLeft', 'ArrowRight', 'Home', 'End'];

function press(event) {
  const act = KEYS[event.key];
  if (!act || event.metaKey || event.ctrlKey || event.altKey) return;
  event.preventDefault();
  act(event);
  speak(MOVES_CURSOR.includes(event.key) ? binSaid : () => document.getElementById('summary').textContent);
}

// --- the pointer ------------------------------------------------------------------------------------------------------

const pointers = new Map();
let drag = null;
let spread = 0;

const within = (x) => Math.min(Math.max(x, 0), width);
const xIn = (event) => within(event.clientX - place.getBoundingClientRect().left - MARGIN.left - padding());
const padding = () => parseFloat(getComputedStyle(place).paddingLeft);

function select(from, to) {
  for (const { selection } of charts)
    set(selection, { x: Math.min(from, to), width: Math.abs(to - from), y: MARGIN.top, height });
}

function down(event) {
  // On a Mac a click with Ctrl is one of the other button.
  if (event.button !== 0 || event.ctrlKey) return;
  pointers.set(event.pointerId, xIn(event));
  spread = 0;
  drag = pointers.size === 1 && event.pointerType === 'mouse' ? xIn(event) : null;
  place.setPointerCapture(event.pointerId);
}

/** As if it had not begun. */
function cancelDrag() {
  drag = null;
  pointers.clear();
  select(0, 0);
}

function move(event) {
  const x = xIn(event);
  // The button was let go where nobody told: outside of the window, over a menu.
  if (drag !== null && !(event.buttons & 1)) cancelDrag();
  if (pointers.has(event.pointerId)) pointers.set(event.pointerId, x);
  if (pointers.size === 2) return pinch();
  if (drag !== null) select(drag, x);
  return moveCursor(timeAt(x));
}

/** Two fingers: what is between them stays between them. */
function pinch() {
  const [one, other] = [...pointers.values()];
  const now = Math.max(Math.abs(one - other), 10);
  if (spread) zoom(spread / now, timeAt((one + other) / 2));
  spread = now;
}

function up(event) {
  pointers.delete(event.pointerId);
  spread = 0;
  if (drag === null) return;
  const [from, to] = [Math.min(drag, xIn(event)), Math.max(drag, xIn(event))];
  drag = null;
  select(0, 0);
  // Less than this is a click.
  if (to - from > 5) show(timeAt(from), timeAt(to));
}

function cancel(event) {
  pointers.delete(event.pointerId);
  spread = 0;
  if (drag !== null) cancelDrag();
}

/** Who uses the keyboard has left the cursor where it is, and a finger is in the way of what it points at. */
function leave(event) {
  if (drag !== null || event.pointerType === 'touch' || place.matches(':focus-visible')) return;
  view.cursor = null;
  drawCursor();
  showReadouts();
}

/** Pinching on a trackpad is the wheel with Ctrl; a wheel alone scrolls the page; sideways it goes along the time. */
function wheel(event) {
  const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
  if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY * 0.005), timeAt(xIn(event)));
  else if (isSideways) pan((event.deltaX / width) * (view.to - view.from));
  else return;
  event.preventDefault();
}

// --- all together -----------------------------------------------------------------------------------------------------

function showAlert(alert) {
  const to = endOf(alert);
  const beside = Math.max(to - alert.from_ms, 15 * MINUTE);
  show(alert.from_ms - beside, to + beside);
  const bin = bins.find((each) => each.to > alert.from_ms && each.at >= view.from);
  moveCursor(bin ? bin.from : Math.max(alert.from_ms, view.from));
  place.scrollIntoView({ block: 'center' });
  place.focus({ preventScroll: true });
  speak(() => `${alert.what}, ${alert.lasted}. ${binSaid()}`);
}

/** Whether the charts are empty anywhere. */
function areThereGaps() {
  const isMissing = ({ cpu, memory }, index) => Number.isNaN(cpu.mean[index]) && Number.isNaN(memory.mean[index]);
  const isIn = (source) => source.at.some((_, index) => isMissing(source, index));
  return isIn(minutes) || isIn(points) || data.to_ms - knownUntil > 2 * MINUTE || data.from_ms - limits().from > MINUTE;
}

/** What occurs, and no more. */
function addLegend() {
  const items = [
    ['mean', 'Mean', true],
    ['max', 'Maximum', true],
    ['load', 'Load line: alerts above', METRICS.some(({ above }) => above !== null)],
    ['told', 'Alert', data.alerts.some(({ told }) => told)],
    ['silent', 'Alert, silent', data.alerts.some(({ told }) => !told)],
    ['gap', 'Empty: nothing recorded', areThereGaps()],
  ].filter(([, , occurs]) => occurs);
  document
    .getElementById('legend')
    .append(
      ...items.map(([name, text]) =>
        make('li', {}, make('span', { class: `key ${name}`, 'aria-hidden': 'true' }), text),
      ),
    );
}

function listen() {
  document.getElementById('reset').addEventListener('click', () => {
    reset();
    place.focus();
  });
  document.getElementById('by-time').addEventListener('toggle', showByTime);
  place.addEventListener('keydown', press);
  for (const [name, react] of [
    ['pointerdown', down],
    ['pointermove', move],
    ['pointerup', up],
    ['pointercancel', cancel],
    ['pointerleave', leave],
  ]) {
    place.addEventListener(name, react);
  }
  place.addEventListener('wheel', wheel, { passive: false });
  const week = document.getElementById('week');
  week.addEventListener('keydown', moveInWeek);
  for (const name of ['focusin', 'pointerover']) {
    week.addEventListener(name, (event) => sayOfWeek(event.target.closest('tbody td')));
  }
  for (const name of ['focusout', 'pointerleave']) week.addEventListener(name, () => sayOfWeek(null));
  new ResizeObserver(() => draw()).observe(place);
  // The sheet is narrower than the window: drawn for it, and back again.
  addEventListener('beforeprint', () => draw(SHEET));
  addEventListener('afterprint', () => draw());
}

addSegments(document.getElementById('ranges'), 'range', ranges, range, (index) => {
  range = index;
  reset();
  speak(() => document.getElementById('summary').textContent);
});
// One is no choice.
document.getElementById('ranges').hidden = ranges.length < 2;
addSegments(
  document.getElementById('week-metric'),
  'week-metric',
  METRICS.map(({ name }) => ({ label: name, long: name })),
  0,
  (index) => showWeek(METRICS[index]),
);
addLegend();
showApps();
showAlerts(showAlert);
showForecasts();
showCapacity();
showWeek(METRICS[0]);
reset();
listen();
if (data.focus !== undefined) {
  markAlert(data.focus);
  showAlert(data.alerts[data.focus]);
}
document.documentElement.dataset.openMs = performance.now().toFixed(1);
