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
let range = ranges.findIndex(({ span }) => span === DAY);
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
  seen = showFigures();
  showByTime();
  showReadouts();
}
let seen = [];

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

/** Beside each heading: the values under the cursor, else those of the time shown. */
function showReadouts() {
  const bin = binAtCursor();
  seen.forEach(({ metric, figures }) => {
    const values = bin ? bin[metric.key] : figures;
    const text = values.count
      ? [
          make('span', {}, `mean `, make('b', {}, say.percent(values.mean))),
          make('span', {}, `max `, make('b', {}, say.percent(values.max))),
        ]
      : ['no data'];
    document.getElementById(`${metric.key}-readout`).replaceChildren(...text);
  });
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
  const alerts = data.alerts.filter((alert) => alert.from_ms < bin.to && (alert.to_ms ?? data.to_ms) >= bin.from);
  return `${sayBin(bin)}: ${[...values, ...alerts.map((alert) => `alert: ${alert.what}`)].join('; ')}.`;
}

/** The cursor goes `count` bins on, past what is not known; at the edge what is shown goes along. */
function step(count) {
  const known = bins.filter((bin) => bin.at >= view.from && bin.at <= view.to && (bin.cpu.count || bin.memory.count));
  if (!known.length) return pan(Math.sign(count) * (view.to - view.from) * 0.1);
  const current = binAtCursor();
  const start = known.indexOf(current);
  const next = current && start >= 0 ? start + count : count > 0 ? 0 : known.length - 1;
  const isBeyond = next < 0 || next >= known.length;
  if (isBeyond) pan(Math.sign(count) * (view.to - view.from) * 0.25);
  const bin = isBeyond ? neighbour(known[count > 0 ? known.length - 1 : 0], count) : known[next];
  return moveCursor(bin.from);
}

/** After what is shown has gone along: the next known bin after, or before, `bin`. */
function neighbour(bin, count) {
  const further = bins.filter(
    (other) => (other.cpu.count || other.memory.count) && other.at >= view.from && other.at <= view.to,
  );
  return (
    (count > 0 ? further.find((other) => other.from > bin.from) : further.findLast((other) => other.from < bin.from)) ??
    bin
  );
}

function stepTo(isLast) {
  view.cursor = null;
  step(isLast ? -1 : 1);
}

const middle = () => view.cursor ?? (view.from + view.to) / 2;
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
  Escape: reset,
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
  if (event.button !== 0) return;
  pointers.set(event.pointerId, xIn(event));
  spread = 0;
  drag = pointers.size === 1 && event.pointerType === 'mouse' ? xIn(event) : null;
  place.setPointerCapture(event.pointerId);
}

function move(event) {
  const x = xIn(event);
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

function leave() {
  if (drag !== null || document.activeElement === place) return;
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
  const to = alert.to_ms ?? data.to_ms;
  const beside = Math.max(to - alert.from_ms, 15 * MINUTE);
  show(alert.from_ms - beside, to + beside);
  moveCursor(alert.from_ms);
  place.scrollIntoView({ block: 'center' });
  place.focus({ preventScroll: true });
  speak(binSaid);
}

function addLegend() {
  const items = [
    ['mean', 'Mean'],
    ['max', 'Maximum'],
    ['load', 'Load line: alerts above'],
    ['told', 'Alert'],
    ['silent', 'Alert, silent'],
    ['gap', 'Empty: nothing recorded'],
  ];
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
    ['pointercancel', up],
    ['pointerleave', leave],
  ]) {
    place.addEventListener(name, react);
  }
  place.addEventListener('wheel', wheel, { passive: false });
  const week = document.getElementById('week');
  week.addEventListener('keydown', moveInWeek);
  for (const name of ['focusin', 'pointerover']) {
    week.addEventListener(name, (event) => {
      const said = event.target.closest('tbody td')?.getAttribute('aria-label');
      if (said) document.getElementById('week-readout').textContent = said;
    });
  }
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
addSegments(
  document.getElementById('week-metric'),
  'week-metric',
  METRICS.map(({ name }) => ({ label: name, long: name })),
  0,
  (index) => showWeek(METRICS[index]),
);
addLegend();
showAlerts(showAlert);
showWeek(METRICS[0]);
reset();
listen();
document.documentElement.dataset.openMs = performance.now().toFixed(1);
