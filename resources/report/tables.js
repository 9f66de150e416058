'use strict';
// The figures beside the charts, the alerts, and the week.

/** How many alerts are shown at first. */
const FIRST_ALERTS = 12;

/** Mean, maximum and time above the load line of one metric from `from` to `to`: every minute counts the same. */
function figuresOf({ key, above }, from, to) {
  const found = { mean: NaN, max: NaN, above_minutes: 0, count: 0, alerts: 0 };
  let sum = 0;
  // A minute belongs to what begins with it; the one that begins at the very end has nothing else to belong to.
  const end = firstFrom(minutes.at, to === data.to_ms ? to + 1 : to);
  for (let index = firstFrom(minutes.at, from); index < end; index += 1) {
    const mean = minutes[key].mean[index];
    if (Number.isNaN(mean)) continue;
    sum += mean;
    found.count += 1;
    if (!(found.max >= minutes[key].max[index])) found.max = minutes[key].max[index];
    if (above !== null && mean > above) found.above_minutes += 1;
  }
  if (found.count) found.mean = sum / found.count;
  found.alerts = data.alerts.filter((alert) => alert.metric === key && isWithin(alert, from, to)).length;
  return found;
}

/** Why a metric has no load line. */
const noLine = ({ key }) => (key === 'memory' && data.is_memory_by_pressure ? 'judged by pressure' : 'no load line');

const minutesSaid = (count) => (count ? say.span(count * MINUTE) : 'none');

/** The figures of the time shown: for the eye as a table, for a screen reader also as a sentence. */
function showFigures() {
  const found = METRICS.map((metric) => ({ metric, figures: figuresOf(metric, view.from, view.to) }));
  const head = ['', 'Mean', 'Max', 'Above load line', 'Alerts'].map((text) =>
    make(text ? 'th' : 'td', text ? { scope: 'col' } : {}, text),
  );
  const rows = found.map(({ metric, figures }) =>
    make(
      'tr',
      { 'data-metric': metric.key },
      make('th', { scope: 'row', class: metric.key }, metric.name),
      ...[
        say.percent(figures.mean),
        say.percent(figures.max),
        metric.above === null ? noLine(metric) : figures.count ? minutesSaid(figures.above_minutes) : '–',
        figures.alerts,
      ].map((text) => make('td', {}, String(text))),
    ),
  );
  const table = document.getElementById('figures');
  table.replaceChildren(table.caption, make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...rows));
  const sentence = ({ metric, figures: { count, mean, max, above_minutes: above, alerts } }) => {
    if (!count) return `${metric.name}: nothing recorded. Alerts: ${alerts}.`;
    const values = `mean ${say.percent(mean)}, maximum ${say.percent(max)}`;
    const time = metric.above === null ? noLine(metric) : `above ${metric.above}% for ${minutesSaid(above)}`;
    return `${metric.name}: ${values}, ${time}, alerts: ${alerts}.`;
  };
  document.getElementById('summary').textContent = `${windowSaid()}. ${found.map(sentence).join(' ')}`;
  return found;
}

/** `Sun 22 Nov, 14:03 – Mon 23 Nov, 14:03`, `Mon 23 Nov, 14:03 – 15:03`. */
function windowSaid() {
  const isOneDay = say.day(view.from) === say.day(view.to);
  return `${say.moment(view.from)} – ${(isOneDay ? say.clock : say.moment)(view.to)}`;
}

/** The time shown, cut at round times by the clock on the wall, into thirty-one parts at the most. */
function parts() {
  const unit = [5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, DAY].find((unit) => (view.to - view.from) / unit <= 31) ?? DAY;
  const found = [];
  // What is shown need not begin with a minute.
  for (let time = Math.floor(view.from / MINUTE) * MINUTE; time < view.to; time += MINUTE) {
    const number = Math.floor(clockAt(time).wall / unit);
    const last = found[found.length - 1];
    // The hour that a change of the clock repeats is of the same number; it follows on.
    if (last && last.number === number) last.to = time + MINUTE;
    else found.push({ number, from: Math.max(time, view.from), to: time + MINUTE });
  }
  return found.map((part) => ({ ...part, label: unit === DAY ? say.day(part.from) : say.moment(part.from) }));
}

/** The charts as a table, for who cannot or does not want to see them. Made when it is opened. */
function showByTime() {
  const details = document.getElementById('by-time');
  if (!details.open) return;
  const head = ['From', 'CPU mean', 'CPU max', 'Memory mean', 'Memory max', 'Alerts'];
  const rows = parts().map((part) => {
    const [cpu, memory] = METRICS.map((metric) => figuresOf(metric, part.from, Math.min(part.to, view.to)));
    const cells = [
      say.percent(cpu.mean),
      say.percent(cpu.max),
      say.percent(memory.mean),
      say.percent(memory.max),
      String(cpu.alerts + memory.alerts),
    ];
    return make('tr', {}, make('th', { scope: 'row' }, part.label), ...cells.map((text) => make('td', {}, text)));
  });
  const columns = head.map((text) => make('th', { scope: 'col' }, text));
  details
    .querySelector('table')
    .replaceChildren(make('thead', {}, make('tr', {}, ...columns)), make('tbody', {}, ...rows));
}

/** The alerts, the newest first; `show` is called with the one whose button is pressed. */
function showAlerts(show) {
  const place = document.getElementById('alerts');
  if (!data.alerts.length) {
    place.append(make('p', { class: 'empty' }, 'No alerts in this time.'));
    return;
  }
  const columns = ['When', 'What', 'Peak', 'For', 'Told', 'Using the most'].map((text) =>
    make('th', { scope: 'col' }, text),
  );
  const rows = data.alerts.map((alert, index) => alertRow(alert, index, show));
  // The roles are said because a phone shows the rows as blocks.
  const table = make(
    'table',
    { class: 'alerts', role: 'table', 'aria-labelledby': 'alerts-title' },
    make('thead', {}, make('tr', {}, ...columns)),
    make('tbody', {}, ...rows),
  );
  place.append(make('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'List of alerts' }, table));
  shorten(place, rows);
  if (data.alert_count > data.alerts.length) {
    place.append(make('p', { class: 'quiet' }, `The newest ${data.alerts.length} of ${data.alert_count}.`));
  }
}

/** The early warnings of memory, the newest first; nothing where there are none. */
function showForecasts() {
  if (!data.forecasts.length) return;
  const title = make('h3', { id: 'forecasts-title' }, 'Early warnings');
  const item = (forecast) => {
    const { when, what, told } = forecast;
    const mark = make('span', { class: `mark ${told ? 'told' : 'silent'}`, 'aria-hidden': 'true' });
    return make('li', {}, mark, `${when}: ${what}.`, told ? '' : ' Not told.', ...appsLink(forecast));
  };
  const list = make('ul', { class: 'forecasts', 'aria-labelledby': 'forecasts-title' }, ...data.forecasts.map(item));
  document.getElementById('alerts').append(title, list);
}

/** Whether the machine is large enough, in sentences. */
function showCapacity() {
  document.getElementById('capacity').append(...data.capacity.map((sentence) => make('p', {}, sentence)));
  document.getElementById('capacity-card').hidden = !data.capacity.length;
}

/** Shows the first of many rows, and a button for the rest. */
function shorten(place, rows) {
  if (rows.length <= FIRST_ALERTS + 3) return;
  const rest = rows.slice(FIRST_ALERTS);
  for (const row of rest) row.hidden = true;
  const more = make('button', { type: 'button', id: 'more' }, `Show all ${rows.length}`);
  more.addEventListener('click', () => {
    for (const row of rest) row.hidden = false;
    rest[0].querySelector('button')?.focus();
    more.remove();
  });
  place.append(more);
}

/** Marks the row of the alert that the page was opened for, and shows it where it is among the rest. */
function markAlert(index) {
  const row = document.getElementById(`alert-${index}`);
  if (row.hidden) document.getElementById('more').click();
  row.setAttribute('aria-current', 'true');
}

function alertRow(alert, index, show) {
  // The charts do not reach back as far as the alerts do.
  const isDrawn = endOf(alert) >= data.from_ms;
  const button = isDrawn
    ? make('button', { type: 'button', class: 'link', 'aria-label': `${alert.when}: show in the charts` }, alert.when)
    : alert.when;
  if (isDrawn) button.addEventListener('click', () => show(alert));
  const mark = make('span', { class: `mark ${alert.told ? 'told' : 'silent'}`, 'aria-hidden': 'true' });
  const cell = (name, ...content) => make('td', { role: 'cell', class: name }, ...content);
  return make(
    'tr',
    { role: 'row', id: `alert-${index}` },
    cell('when', mark, button),
    cell('what', alert.what),
    cell('number', alert.peak),
    cell('lasted', alert.lasted),
    cell('notification', alert.notification_status),
    cell('users', ...usersOf(alert), ...appsLink(alert)),
  );
}

/** Each name for itself: one that is written from right to left turns no other round. */
function usersOf({ users, users_note: note }) {
  const names = users.flatMap((user, index) => [index ? ', ' : '', make('bdi', {}, user)]);
  return note ? [...names, users.length ? ' ' : '', note] : names;
}

/** How many colours the map has, and the least that each of them spans: small differences are not to look great. */
const COLOURS = 5;
const LEAST_STEP = 4;

/** From where to where each colour goes: between them they span what there is. */
function scaleOf(values) {
  const known = values.filter((tenths) => tenths >= 0).map((tenths) => Math.round(tenths / 10));
  const [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 0];
  const step = Math.max(Math.ceil((high - low + 1) / COLOURS), LEAST_STEP);
  const start = Math.max(Math.min(low, 100 - step * COLOURS), 0);
  return {
    start,
    step,
    colourOf: (percent) => Math.min(Math.max(Math.floor((percent - start) / step), 0), COLOURS - 1),
  };
}

function showWeekLegend(metric, { start, step }) {
  const legend = document.getElementById('week-legend');
  const colours = Array.from({ length: COLOURS }, (_, n) => [
    `heat-${n}`,
    `${start + n * step}–${Math.min(start + (n + 1) * step - 1, 100)}%`,
  ]);
  legend.className = `legend ${metric.key}`;
  legend.replaceChildren(
    ...[...colours, ['unknown', 'Nothing recorded']].map(([name, text]) =>
      make('li', {}, make('span', { class: `key cell ${name}`, 'aria-hidden': 'true' }), text),
    ),
  );
}

/** The busiest hours: a table of the week with its figures, and colours beside them. */
function showWeek(metric) {
  const table = document.getElementById('week');
  const values = data.week[metric.key];
  const scale = scaleOf(values);
  showWeekLegend(metric, scale);
  const hours = Array.from({ length: 24 }, (_, hour) =>
    make('th', { scope: 'col', abbr: `${two(hour)}:00` }, two(hour)),
  );
  const rows = WEEKDAYS.map((day, index) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row', abbr: day }, day.slice(0, 3)),
      ...Array.from({ length: 24 }, (_, hour) => weekCell(metric, scale, day, hour, values[index * 24 + hour])),
    ),
  );
  table.className = metric.key;
  table.replaceChildren(make('thead', {}, make('tr', {}, make('td'), ...hours)), make('tbody', {}, ...rows));
  table.querySelector('tbody td').tabIndex = 0;
  table.dataset.busiest = busiest(metric, values);
  sayOfWeek(null);
}

/** What a cell of the map says; of none, what that with the focus does, else what it all comes to. */
function sayOfWeek(cell) {
  const table = document.getElementById('week');
  const said = (cell ?? table.querySelector('td:focus'))?.getAttribute('aria-label') ?? table.dataset.busiest;
  document.getElementById('week-readout').textContent = said;
}

function weekCell(metric, scale, day, hour, tenths) {
  const isKnown = tenths >= 0;
  const percent = Math.round(tenths / 10);
  const said = `${day} ${hourSaid(hour)}: ${isKnown ? `${metric.name} ${percent}%` : 'nothing recorded'}`;
  const cell = make('td', {
    class: isKnown ? `heat-${scale.colourOf(percent)}` : 'unknown',
    'aria-label': said,
    title: said,
    tabindex: -1,
  });
  cell.append(make('span', {}, isKnown ? String(percent) : ''));
  return cell;
}

const hourSaid = (hour) => `${two(hour)}:00–${two((hour + 1) % 24)}:00`;

/** What the map comes to, in a sentence. */
function busiest(metric, values) {
  const most = values.indexOf(Math.max(...values));
  if (values[most] < 0) return 'Nothing recorded.';
  const hour = most % 24;
  const percent = Math.round(values[most] / 10);
  return `Busiest: ${WEEKDAYS[Math.floor(most / 24)]} ${hourSaid(hour)}, ${metric.name} ${percent}% on average.`;
}

/** One stop of the Tab key for the whole map; the arrows go from cell to cell. */
function moveInWeek(event) {
  const cell = event.target.closest('tbody td');
  const move = {
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    Home: [0, -24],
    End: [0, 24],
  }[event.key];
  if (!cell || !move) return;
  event.preventDefault();
  const within = (number, most) => Math.min(Math.max(number, 0), most);
  const row = within(cell.parentNode.rowIndex - 1 + move[0], 6);
  const column = within(cell.cellIndex - 1 + move[1], 23);
  const next = event.currentTarget.tBodies[0].rows[row].cells[column + 1];
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
