'use strict';
// The two charts: what is seen of `view` drawn as paths, a bin for each pixel column at the most.

const SVG = 'http://www.w3.org/2000/svg';
/** Left of the plots, for the figures; above, for the topmost line; below, for the alerts. */
const MARGIN = { left: 38, right: 6, top: 8, lane: 12 };
const AXIS_HEIGHT = 24;
/** The least between two ticks, and how wide an alert of an instant is still seen, pixels. */
const TICK_APART = 68;
const ALERT_LEAST = 3;
/** How wide a run of values is at the least, and how far from the load line's figure another may be, pixels. */
const RUN_LEAST = 2;
const FIGURES_APART = 12;

/** What is shown: from, to; and the moment under the cursor, or null. */
const view = { from: data.from_ms, to: data.to_ms, cursor: null };
let bins = [];
let width = 0;
let height = 0;

function svg(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.append(element);
  return element;
}

function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
}

/** The parts of one chart, drawn from back to front. */
function chart(metric) {
  const root = document.getElementById(`${metric.key}-chart`);
  const grid = svg('path', { class: 'grid' }, root);
  const labels = svg('g', { class: 'labels' }, root);
  // What is outside of it is cut off.
  const plot = svg('svg', { x: MARGIN.left, y: 0 }, root);
  const parts = { metric, root, grid, labels, plot };
  for (const name of ['band', 'minor', 'columns', 'area', 'max', 'mean', 'load', 'silent', 'told', 'cross']) {
    parts[name] = svg('path', { class: name }, plot);
  }
  parts.dots = [svg('circle', { class: 'dot mean', r: 3.5 }, plot), svg('circle', { class: 'dot max', r: 3 }, plot)];
  parts.loadLabel = svg('text', { class: 'load-label', 'text-anchor': 'end', x: MARGIN.left - 6 }, root);
  parts.selection = svg('rect', { class: 'selection', y: 0, width: 0 }, plot);
  return parts;
}

const charts = METRICS.map(chart);
const axis = (() => {
  const root = document.getElementById('axis');
  return { root, labels: svg('g', { class: 'labels' }, root), now: svg('g', { class: 'now' }, root) };
})();

const xOf = (time) => ((time - view.from) / (view.to - view.from)) * width;
const timeAt = (x) => view.from + (x / width) * (view.to - view.from);
const yOf = (percent) => MARGIN.top + (1 - percent / 100) * height;
const round = (number) => Math.round(number * 10) / 10;

/** The readings where they reach so far, else the minutes. */
const sourceOf = (from) => (from >= data.points.from_ms && points.at.length ? points : minutes);

/** One bin for each pixel column, or for each item where there are fewer: mean of means, maximum of maxima. */
function binned() {
  const source = sourceOf(view.from);
  const step = (view.to - view.from) / width;
  const size = source.width ? source.width * Math.max(1, Math.ceil(step / source.width)) : Math.max(step, 1);
  const low = Math.max(0, firstFrom(source.at, view.from - size) - 1);
  const high = Math.min(source.at.length, firstFrom(source.at, view.to) + 1);
  const found = [];
  let bin = null;
  for (let index = low; index < high; index += 1) {
    const at = source.at[index];
    const number = Math.floor(at / size);
    // A reading that is not known stands for a gap, and must not vanish in a bin with others.
    const isGap = !source.width && Number.isNaN(source.cpu.mean[index]) && Number.isNaN(source.memory.mean[index]);
    if (!bin || bin.number !== number || bin.isGap !== isGap) {
      bin = {
        number,
        isGap,
        from: at,
        to: at,
        cpu: { sum: 0, count: 0, max: NaN },
        memory: { sum: 0, count: 0, max: NaN },
      };
      found.push(bin);
    }
    bin.to = at + source.width;
    for (const { key } of METRICS) take(bin[key], source[key].mean[index], source[key].max[index]);
  }
  for (const each of found) finish(each);
  return found;
}

function take(sum, mean, max) {
  if (Number.isNaN(mean)) return;
  sum.sum += mean;
  sum.count += 1;
  if (!(sum.max >= max)) sum.max = max;
}

function finish(bin) {
  bin.at = (bin.from + bin.to) / 2;
  for (const { key } of METRICS) bin[key].mean = bin[key].count ? bin[key].sum / bin[key].count : NaN;
}

const isKnown = (bin) => bin.cpu.count > 0 || bin.memory.count > 0;

/** The bins in runs without a gap in one metric. */
function runs(key) {
  const found = [];
  let run = null;
  for (const bin of bins) {
    if (!bin[key].count) {
      run = null;
      continue;
    }
    if (!run) found.push((run = []));
    run.push(bin);
  }
  return found;
}

/** Where a run begins and ends, in pixels: with its first and last item, wide enough to be seen. */
function edges(run) {
  const [from, to] = [xOf(run[0].from), xOf(run[run.length - 1].to)];
  const more = Math.max(RUN_LEAST - (to - from), 0) / 2;
  return [round(from - more), round(to + more)];
}

/** The points of a run of which a line is drawn. */
function pointsOf(run, key, value) {
  const [from, to] = edges(run);
  const y = (bin) => round(yOf(bin[key][value]));
  const between = run.map((bin) => `${round(xOf(bin.at))} ${y(bin)}`);
  return [`${from} ${y(run[0])}`, ...between, `${to} ${y(run[run.length - 1])}`].join(' ');
}

function linePath(key, value) {
  let path = '';
  for (const run of runs(key)) path += `M${pointsOf(run, key, value)}`;
  return path;
}

function areaPath(key) {
  const base = round(yOf(0));
  let path = '';
  for (const run of runs(key)) {
    const [from, to] = edges(run);
    path += `M${from} ${base}L${pointsOf(run, key, 'max')} ${to} ${base}Z`;
  }
  return path;
}

/** Where an alert is, in pixels, wide enough to be seen; null where it is out of sight. */
function alertExtent(alert) {
  const [from, to] = [xOf(alert.from_ms), xOf(endOf(alert))];
  if (to < 0 || from > width) return null;
  return [round(Math.min(from, width - ALERT_LEAST)), round(Math.max(to - from, ALERT_LEAST))];
}

function alertPaths(key) {
  const paths = { band: '', told: '', silent: '' };
  const lane = yOf(0) + 4;
  for (const alert of data.alerts) {
    const extent = alert.metric === key && alertExtent(alert);
    if (!extent) continue;
    const [x, long] = extent;
    paths.band += `M${x} ${MARGIN.top}h${long}v${height}h-${long}Z`;
    if (alert.told) paths.told += `M${x} ${lane}h${long}v6h-${long}Z`;
    else paths.silent += `M${x} ${lane + 0.5}h${long}v5h-${long}Z`;
  }
  return paths;
}

const STEPS = [
  [1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  [1, 2, 3, 6, 12].map((n) => n * HOUR),
  [1, 2, 7, 14].map((n) => n * DAY),
].flat();

/** The ticks of the axis: at round times by the clock on the wall. */
function ticks() {
  const least = ((view.to - view.from) * TICK_APART) / Math.max(width, 1);
  const unit = STEPS.find((step) => step >= least) ?? 14 * DAY;
  // Every offset from UTC is a whole number of quarters of an hour.
  const step = Math.min(unit, 15 * MINUTE);
  const found = [];
  for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
    const { wall } = clockAt(time);
    // 1970 began on a Thursday; weeks begin on Mondays.
    const isRound = unit < DAY ? (wall % DAY) % unit === 0 : wall % DAY === 0 && (wall / DAY + 3) % (unit / DAY) === 0;
    const isDay = wall % DAY === 0;
    // Between the weeks the days are marked, without a word.
    if (isRound) found.push({ time, label: isDay ? say.day(time) : say.time(time), isDay });
    else if (isDay && unit > DAY) found.push({ time, label: '', isDay });
  }
  return found;
}

function drawAxis(marks) {
  set(axis.root, { viewBox: `0 0 ${width + MARGIN.left + MARGIN.right} ${AXIS_HEIGHT}` });
  axis.labels.replaceChildren();
  for (const mark of marks.filter(({ label }) => label)) {
    const x = xOf(mark.time);
    const label = svg(
      'text',
      { x: round(x + MARGIN.left), y: 15, 'text-anchor': 'middle', class: mark.isDay ? 'day' : '' },
      axis.labels,
    );
    label.textContent = mark.label;
    label.dataset.time = mark.time;
    const half = (mark.label.length * 6.4) / 2;
    if (x + half > width + MARGIN.right) set(label, { 'text-anchor': 'end', x: width + MARGIN.left + MARGIN.right });
    if (x - half < -MARGIN.left) set(label, { 'text-anchor': 'start', x: 0 });
  }
}

function drawGrid(each, marks) {
  let path = '';
  each.labels.replaceChildren();
  for (const percent of [0, 25, 50, 75, 100]) {
    path += `M${MARGIN.left} ${round(yOf(percent))}h${width}`;
    const isBesideLoad = Math.abs(yOf(percent) - yOf(each.metric.above ?? Infinity)) < FIGURES_APART;
    if (percent % 50 || isBesideLoad) continue;
    const label = svg('text', { x: MARGIN.left - 6, y: round(yOf(percent) + 4), 'text-anchor': 'end' }, each.labels);
    label.textContent = `${percent}%`;
  }
  set(each.grid, { d: path });
  const upright = (found) => found.map((mark) => `M${round(xOf(mark.time))} ${MARGIN.top}v${height}`).join('');
  set(each.columns, { d: upright(marks.filter(({ label }) => label)) });
  set(each.minor, { d: upright(marks.filter(({ label }) => !label)) });
}

function drawChart(each, marks) {
  const { key, above } = each.metric;
  const total = MARGIN.top + height + MARGIN.lane;
  set(each.root, { viewBox: `0 0 ${width + MARGIN.left + MARGIN.right} ${total}` });
  set(each.plot, { width, height: total });
  drawGrid(each, marks);
  set(each.area, { d: areaPath(key) });
  set(each.max, { d: linePath(key, 'max') });
  set(each.mean, { d: linePath(key, 'mean') });
  const paths = alertPaths(key);
  for (const name of ['band', 'told', 'silent']) set(each[name], { d: paths[name] });
  set(each.load, { d: above === null ? '' : `M0 ${round(yOf(above))}h${width}` });
  each.loadLabel.textContent = above === null ? '' : `${above}%`;
  if (above !== null) set(each.loadLabel, { y: round(yOf(above) + 4) });
}

/** Draws all of what `view` says; in `room` pixels, or in as many as there are. */
function draw(room = axis.root.clientWidth) {
  const began = performance.now();
  width = Math.max(room - MARGIN.left - MARGIN.right, 40);
  height = room < 600 ? 110 : 150;
  bins = binned();
  const marks = ticks();
  for (const each of charts) drawChart(each, marks);
  drawAxis(marks);
  drawCursor();
  document.documentElement.dataset.drawMs = (performance.now() - began).toFixed(1);
}

/** The bin under the cursor, if there is one. */
function binAtCursor() {
  if (view.cursor === null || !bins.length) return null;
  let low = 0;
  let high = bins.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (bins[middle].from <= view.cursor) low = middle;
    else high = middle;
  }
  // Before the first and after the last there is nothing.
  const { from, to } = bins[low];
  const isBeside = low === bins.length - 1 ? view.cursor > to + 2 * MINUTE : view.cursor < from - 2 * MINUTE;
  return isBeside ? null : bins[low];
}

/** `Mon 23 Nov, 14:03`, `Mon 23 Nov, 14:00 – 14:45`. */
function sayBin(bin) {
  const isPoint = sourceOf(view.from) === points;
  const text = say.moment(bin.from, isPoint);
  return bin.to - bin.from > MINUTE && !isPoint ? `${text} – ${say.time(bin.to)}` : text;
}

/** From when to when what the cursor shows is: a bin; in a gap, which may be one bin or many, the moment itself. */
function cursorTime(bin) {
  return isKnown(bin) ? bin : { at: view.cursor, from: view.cursor, to: view.cursor };
}

/** The crosshair, in both charts and on the axis. */
function drawCursor() {
  const bin = binAtCursor();
  const x = bin && round(xOf(cursorTime(bin).at));
  for (const each of charts) {
    set(each.cross, { d: bin ? `M${x} ${MARGIN.top}v${height}` : '' });
    ['mean', 'max'].forEach((value, index) => {
      const known = bin && bin[each.metric.key].count;
      each.dots[index].toggleAttribute('hidden', !known);
      if (known) set(each.dots[index], { cx: x, cy: round(yOf(bin[each.metric.key][value])) });
    });
  }
  axis.now.replaceChildren();
  if (!bin) return;
  const text = sayBin(cursorTime(bin));
  const half = text.length * 3.6 + 8;
  const middle = Math.min(Math.max(x + MARGIN.left, half), width + MARGIN.left + MARGIN.right - half);
  svg('rect', { x: middle - half, y: 1, width: 2 * half, height: 20, rx: 5 }, axis.now);
  svg('text', { x: middle, y: 15, 'text-anchor': 'middle' }, axis.now).textContent = text;
}
