'use strict';
// The applications that used the most: over the whole time, in a part of it, and around an alert.

const ORDERS = [
  { key: 'cpu', label: 'CPU', long: 'CPU time', share: 'Share of CPU time', amount: (used) => `CPU time ${used}` },
  {
    key: 'memory',
    label: 'Memory',
    long: 'Memory',
    share: 'Share of memory',
    amount: (used) => `Memory ${used} on average`,
  },
];
const OTHERS = 'Others';
/** The columns behind the share. */
const AMOUNTS = [
  ['cpu-time', 'CPU time'],
  ['memory-mean', 'Memory'],
  ['memory-max', 'At most'],
  ['busiest', 'Busiest'],
];

/** What is shown: the order, and the period with the radio button that stands for it; around an alert there is none. */
const apps = { order: ORDERS[0], period: data.apps?.whole, input: null, about: '' };

const nameOf = (number) => (number === null ? OTHERS : data.apps.names[number]);

/** The colour of an application, or of the others; nothing for those that the bars count to the others. */
function colourClass(number) {
  if (number === null) return 'app-others';
  const place = data.apps[apps.order.key].coloured.indexOf(number);
  return place < 0 ? '' : `app-${place}`;
}

/** A stacked bar; its parts take the room by their amounts. */
function stack(amounts) {
  const parts = amounts.map((amount, index) => {
    const part = make('i', { class: index === amounts.length - 1 ? 'app-others' : `app-${index}` });
    part.style.flexGrow = amount;
    return part;
  });
  return make('span', { class: 'stack' }, ...parts.filter((_, index) => amounts[index] > 0));
}

/** Of the whole: the coloured applications, and all others together. */
function sharesOfWhole() {
  const shares = data.apps[apps.order.key].coloured.map(
    (number) => data.apps.whole[apps.order.key].rows.find(([other]) => other === number)?.[1] ?? 0,
  );
  return [...shares, Math.max(1000 - shares.reduce((sum, share) => sum + share, 0), 0)];
}

/** `CPU time 9 h 12 min`, `Memory 2.1 GB on average`. */
const amountSaid = (period) => apps.order.amount(period[apps.order.key].amount);

/** `Mon 23 Nov: CPU time 9 h 12 min, the most by cargo (61%).` */
function periodSaid(period) {
  const first = period[apps.order.key].rows.find(([number]) => number !== null);
  const most = first ? `, the most by ${nameOf(first[0])} (${first[2]})` : '';
  return `${period.when}: ${amountSaid(period)}${most}.`;
}

/** A bar with the radio button that chooses its time. */
function bar(period, isKnown, ...content) {
  const said = isKnown ? periodSaid(period) : `${period.when}: nothing recorded.`;
  const input = make('input', { type: 'radio', name: 'apps-period', 'aria-label': said });
  input.disabled = !isKnown;
  input.checked = period === apps.period;
  if (input.checked) apps.input = input;
  input.addEventListener('change', () => showPeriod(period, input));
  return make('label', { title: said }, input, ...content);
}

/** So many bars at most have a word below them. */
const WORDS = 8;

function partOf(part, index, every) {
  const amounts = part[apps.order.key];
  const found = stack(amounts);
  found.style.height = `${amounts.reduce((sum, amount) => sum + amount, 0) / 10}%`;
  const column = make('span', { class: 'column', 'aria-hidden': 'true' }, found);
  const isSeldom = index % (2 * every) !== 0;
  const word = index % every ? '' : make('span', { class: isSeldom ? 'word seldom' : 'word' }, part.label);
  return bar(part.period, part.is_known, column, make('span', { class: 'foot', 'aria-hidden': 'true' }, word));
}

/** The bars: one of the whole time, and those of its parts. */
function showBars() {
  const { whole, parts, ...scales } = data.apps;
  const { top, half, coloured } = scales[apps.order.key];
  const fieldset = document.getElementById('apps-bars');
  const every = Math.max(Math.ceil(parts.length / WORDS), 1);
  const scale = [top, half, '0'].map((text) => make('span', {}, text));
  const content = [bar(whole, true, make('span', { class: 'long', 'aria-hidden': 'true' }, stack(sharesOfWhole())))];
  if (parts.length) {
    const bars = parts.map((part, index) => partOf(part, index, every));
    const lines = make('div', { class: 'scale', 'aria-hidden': 'true' }, ...scale);
    content.push(make('div', { class: 'plot' }, lines, ...bars));
  }
  fieldset.replaceChildren(fieldset.querySelector('legend'), ...content);
  const items = [...coloured, null].map((number) =>
    make('li', {}, swatch(number), make('bdi', {}, nameOf(number))),
  );
  document.getElementById('apps-legend').replaceChildren(...items);
}

const swatch = (number) => make('span', { class: `swatch ${colourClass(number)}`, 'aria-hidden': 'true' });

/** The table of a period. The roles are said because a phone shows the rows as blocks. */
function showPeriod(period, input, about = '') {
  Object.assign(apps, { period, input, about });
  const isWhole = period === data.apps.whole;
  const when = `${about}${period.when}`;
  document.getElementById('apps-when').textContent = when;
  document.getElementById('apps-amount').textContent = `· ${amountSaid(period)}`;
  document.getElementById('apps-whole').hidden = isWhole;
  document.getElementById('apps-table').setAttribute('aria-label', `Applications, ${when}`);
  if (!input) for (const other of document.querySelectorAll('#apps-bars input')) other.checked = false;
  const { rows } = period[apps.order.key];
  const head = [['name', 'Application'], ['share', apps.order.share], ...AMOUNTS].map(([name, text]) =>
    make('th', { scope: 'col', role: 'columnheader', class: name }, text),
  );
  const most = Math.max(...rows.map(([, share]) => share), 1);
  document
    .getElementById('apps')
    .replaceChildren(
      make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...head)),
      make('tbody', { role: 'rowgroup' }, ...rows.map((row) => appRow(row, most))),
    );
}

function appRow([number, share, text, cells], most) {
  const length = make('i', { class: colourClass(number) || 'app-others' });
  length.style.width = `${(share / most) * 100}%`;
  const amounts = cells.map((cell, index) => {
    const [name] = AMOUNTS[index];
    return make('td', { role: 'cell', class: cell === '–' ? `${name} none` : name }, cell);
  });
  return make(
    'tr',
    { role: 'row' },
    make('th', { role: 'rowheader', scope: 'row', class: 'name' }, swatch(number), make('bdi', {}, nameOf(number))),
    make(
      'td',
      { role: 'cell', class: 'share' },
      make('span', { class: 'length', 'aria-hidden': 'true' }, length),
      make('b', {}, text),
    ),
    ...amounts,
  );
}

function showWhole() {
  showPeriod(data.apps.whole, null);
  showBars();
  apps.input.focus();
}

/** A link from an alert, or an early warning, to the applications around it; nothing where none are recorded. */
function appsLink({ apps: number, when, metric = 'memory' }) {
  if (number === undefined) return [];
  const button = make(
    'button',
    { type: 'button', class: 'link who', 'aria-label': `Who was there, ${when}` },
    'Who was there',
  );
  button.addEventListener('click', () => {
    const order = ORDERS.findIndex(({ key }) => key === metric);
    document.querySelectorAll('#apps-order input')[order].checked = true;
    apps.order = ORDERS[order];
    showPeriod(data.apps.alerts[number], null, 'Around the alert: ');
    showBars();
    document.getElementById('apps-title').scrollIntoView({ block: 'start' });
    document.getElementById('apps-table').focus({ preventScroll: true });
  });
  return [' ', button];
}

/** The section, or a sentence where no applications are recorded. */
function showApps() {
  document.getElementById('apps-empty').hidden = data.apps !== null;
  document.getElementById('apps-body').hidden = data.apps === null;
  const order = document.getElementById('apps-order');
  order.hidden = data.apps === null;
  if (!data.apps) return;
  document.getElementById('apps-note').textContent = data.apps.note;
  addSegments(order, 'apps-order', ORDERS, 0, (index) => {
    apps.order = ORDERS[index];
    showBars();
    showPeriod(apps.period, apps.input, apps.about);
  });
  showBars();
  showPeriod(data.apps.whole, apps.input);
  document.getElementById('apps-whole').addEventListener('click', showWhole);
}
