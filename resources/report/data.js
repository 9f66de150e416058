'use strict';
// What the page knows, unpacked, and the clock of the machine's zone.

performance.mark('report-start');

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const data = JSON.parse(document.getElementById('data').textContent);
const METRICS = [
  { key: 'cpu', name: 'CPU', above: data.cpu_above_percent },
  { key: 'memory', name: 'Memory', above: data.memory_above_percent },
];

/** Tenths with runs of what is not known (-n: n of them), as percentages; NaN is not known. */
function unpack(packed, count) {
  const values = new Float64Array(count).fill(NaN);
  let index = 0;
  for (const item of packed) {
    if (item >= 0) values[index] = item / 10;
    index += item < 0 ? -item : 1;
  }
  return values;
}

function unpackBoth(packed, count) {
  return { mean: unpack(packed.mean, count), max: unpack(packed.max, count) };
}

/** The minutes: item i begins at at[i] and lasts `width`. */
const minutes = (() => {
  const { start_ms: start, count, cpu, memory } = data.minutes;
  const at = Float64Array.from({ length: count }, (_, index) => start + index * MINUTE);
  return { at, width: MINUTE, cpu: unpackBoth(cpu, count), memory: unpackBoth(memory, count) };
})();

/** The readings of the last hour: item i is of the moment at[i]. */
const points = (() => {
  const { start_ms: start, steps_ms: steps, cpu, memory } = data.points;
  let now = start;
  const at = Float64Array.from(steps, (step) => (now += step));
  return { at, width: 0, cpu: unpackBoth(cpu, at.length), memory: unpackBoth(memory, at.length) };
})();

/** The index of the first item of `at` that is not before `time`. */
function firstFrom(at, time) {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Up to where something is known. */
const knownUntil = (() => {
  const [minute, point] = [minutes.at, points.at].map((at) => (at.length ? at[at.length - 1] : data.from_ms));
  return Math.min(Math.max(minutes.at.length ? minute + MINUTE : minute, point), data.to_ms);
})();

/** Where an alert ends, or has come to; and whether it was within a time. */
const endOf = (alert) => alert.to_ms ?? data.to_ms;
const isWithin = (alert, from, to) => alert.from_ms < to && endOf(alert) >= from;

/** What the clock on the wall shows, in milliseconds as if it were UTC, and the name of its offset. */
function clockAt(time) {
  const { offsets } = data.zone;
  let found = offsets[0];
  for (const offset of offsets) if (offset.from_ms <= time) found = offset;
  return { wall: time + found.offset_ms, abbreviation: found.abbreviation };
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (number) => String(number).padStart(2, '0');

const say = {
  /** `14:03`, `14:03:07`. */
  time(time, withSeconds = false) {
    const date = new Date(clockAt(time).wall);
    const text = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
    return withSeconds ? `${text}:${two(date.getUTCSeconds())}` : text;
  },
  /** `Mon 23 Nov`. */
  day(time) {
    const date = new Date(clockAt(time).wall);
    const weekday = WEEKDAYS[(date.getUTCDay() + 6) % 7].slice(0, 3);
    return `${weekday} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  },
  /** `14:03`; where the clock was changed, also by which it is: `14:03 CET`. */
  clock(time, withSeconds = false) {
    const zone = data.zone.offsets.length > 1 ? ` ${clockAt(time).abbreviation}` : '';
    return `${say.time(time, withSeconds)}${zone}`;
  },
  /** `Mon 23 Nov, 14:03`. */
  moment(time, withSeconds = false) {
    return `${say.day(time)}, ${say.clock(time, withSeconds)}`;
  },
  percent(value) {
    return Number.isNaN(value) ? '–' : `${value < 9.95 ? value.toFixed(1) : Math.round(value)}%`;
  },
  /** `5 s`, `4 min`, `2 h 5 min`, `3 days 4 h`: the two largest units, rounded down. */
  span(ms) {
    const seconds = Math.floor(ms / SECOND);
    const [days, hours, mins] = [
      Math.floor(seconds / 86400),
      Math.floor(seconds / 3600) % 24,
      Math.floor(seconds / 60) % 60,
    ];
    const parts = days
      ? [
          [days, days === 1 ? 'day' : 'days'],
          [hours, 'h'],
        ]
      : hours
        ? [
            [hours, 'h'],
            [mins, 'min'],
          ]
        : mins
          ? [
              [mins, 'min'],
              [seconds % 60, 's'],
            ]
          : [[seconds, 's']];
    return parts
      .filter(([count], index) => count || (index === 0 && parts.length === 1))
      .map(([count, unit]) => `${count} ${unit}`)
      .join(' ');
  },
};

/** An element with these attributes and children; texts are texts, never markup. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** A group of radio buttons that looks like one control with segments. */
function addSegments(fieldset, name, choices, chosen, choose) {
  choices.forEach(({ label, long }, index) => {
    const input = make('input', { type: 'radio', name, value: index });
    input.checked = index === chosen;
    input.addEventListener('change', () => choose((chosen = index)));
    // The one that is chosen already does not change, and is chosen all the same: back from a zoom.
    input.addEventListener('click', () => {
      if (chosen === index) choose(index);
    });
    fieldset.append(
      make('label', {}, input, make('span', { 'aria-hidden': 'true' }, label), make('span', { class: 'unseen' }, long)),
    );
  });
}
