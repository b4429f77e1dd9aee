// Keeps the status page up to date: charts of what /status.json tells, and the page's own parts fetched anew when
// they have changed. Whatever comes from the server goes into the page as text, or as the server's own markup.
'use strict';
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  if (!$('#charts')) return enhanceLookup();

  const SVG = 'http://www.w3.org/2000/svg';
  const columns = {};            // history by the names of status.json, the oldest first
  const swaps = [];              // the same of swaps and refusals
  let datasetNames = [];
  let known = '';                // the datasets as last seen, to notice changes
  let secondsMax = 600;
  let latest = 0;                // of what is in `columns` and `swaps`, in milliseconds since 1970
  let isPaused = false, failures = 0, skew = 0;
  const now = () => Date.now() - skew;

  // ---- numbers as the server writes them

  const count = number => Math.round(number).toLocaleString('en-US');
  const digits = number => String(+number.toFixed(number < 9.995 ? 2 : number < 99.95 ? 1 : 0));
  function duration(ns) {
    for (const unit of ['ns', 'µs', 'ms']) {
      if (ns < 999.5) return `${digits(ns)} ${unit}`;
      ns /= 1000;
    }
    return ns < 119.5 ? `${digits(ns)} s` : age(ns);
  }
  function bytes(amount) {
    for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
      if (amount < 1023.5) return `${digits(amount)} ${unit}`;
      amount /= 1024;
    }
    return `${digits(amount)} TiB`;
  }
  function age(seconds) {
    seconds = Math.max(0, Math.floor(seconds));
    if (seconds < 120) return `${seconds} s`;
    if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
    return `${count(Math.floor(seconds / 86400))} d`;
  }
  const short = number => number >= 1e6 ? `${digits(number / 1e6)}M` : number >= 1e4 ? `${digits(number / 1e3)}k` : count(number);
  const percent = share => `${(Math.floor(share * 10000) / 100).toFixed(2)} %`;
  const two = number => String(number).padStart(2, '0');
  function local(date) {
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(date)}`;
  }
  const clock = date => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const minute = date => `${two(date.getHours())}:${two(date.getMinutes())}`;

  // ---- times

  function showTimes(within = document) {
    for (const element of within.querySelectorAll('time')) {
      const date = new Date(element.dateTime);
      if (Number.isNaN(date.getTime())) continue;
      const utc = element.dateTime.replace('T', ' ').replace('Z', ' UTC');
      const isAgo = element.classList.contains('ago');
      const text = isAgo ? `${age((now() - date) / 1000)} ago` : local(date);
      if (element.textContent !== text) element.textContent = text;
      const title = isAgo ? `${local(date)} (${utc})` : utc;
      if (element.title !== title) element.title = title;
    }
  }

  // ---- drawing

  function node(name, attributes = {}, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // Round steps of 1, 2 or 5 from 0, about three of them, that reach `top`.
  function steps(top, whole) {
    const raw = Math.max(top, whole ? 3 : 1e-9) / 3, power = 10 ** Math.floor(Math.log10(raw));
    let step = [1, 2, 5, 10].map(factor => factor * power).find(candidate => candidate >= raw);
    if (whole) step = Math.max(1, Math.round(step));
    return Array.from({ length: Math.ceil(Math.max(top, step) / step) + 1 }, (_, index) => index * step);
  }

  // Powers of ten, of nanoseconds, around the values.
  function decades(low, high) {
    const from = Math.floor(Math.log10(Math.max(low, 100))), to = Math.ceil(Math.log10(Math.max(high, 1000)));
    return Array.from({ length: Math.max(to, from + 1) - from + 1 }, (_, index) => 10 ** (from + index));
  }

  const charts = {
    commands: { series: [['commands_per_second']], label: short, read: count, unit: 'commands a second', area: true },
    latency: {
      series: [['p50_ns', 'half'], ['p99_ns', '99 %', 'second'], ['p999_ns', '99.9 %', 'third']],
      label: duration, read: duration, unit: 'time in the server', isLogarithmic: true,
    },
    hits: {
      series: [['hit_share']], label: value => `${Math.round(value * 100)} %`, read: percent,
      unit: 'share of keys that were hits', ticks: [0, 0.25, 0.5, 0.75, 1],
    },
    connections: { series: [['connections']], label: short, read: count, unit: 'connections', whole: true },
  };

  // As many points as there is room for: each tells of some seconds, the mean of rates and the longest of times.
  function points(chart, start, room) {
    const span = Math.max(1, Math.ceil(secondsMax / Math.max(1, room / 2))) * 1000;
    const times = [], values = chart.series.map(() => []);
    let first = 0;
    const all = columns.at_ms ?? [];
    all.forEach((time, index) => {
      const isLast = index === all.length - 1 || Math.floor(all[index + 1] / span) !== Math.floor(time / span);
      if (!isLast) return;
      if (time >= start) {
        times.push(time);
        chart.series.forEach(([key], place) => {
          const some = columns[key].slice(first, index + 1).filter(value => value !== null);
          const isNone = !some.length || (chart.isLogarithmic && Math.max(...some) === 0);
          values[place].push(isNone ? null : chart.isLogarithmic
            ? Math.max(...some) : some.reduce((sum, value) => sum + value, 0) / some.length);
        });
      }
      first = index + 1;
    });
    return { times, values, span };
  }

  function draw(name) {
    const chart = charts[name], figure = $(`#chart-${name}`);
    const width = Math.max(280, Math.round(figure.clientWidth)), height = 150;
    const area = { left: 46, right: width - 6, top: 8, bottom: height - 20 };
    const end = now(), start = end - secondsMax * 1000;
    const x = time => area.left + (time - start) / (end - start) * (area.right - area.left);
    const { times, values, span } = points(chart, start, area.right - area.left);
    const there = values.flat().filter(value => value !== null);
    const ticks = chart.ticks ?? (chart.isLogarithmic
      ? decades(Math.min(...there, 1e6), Math.max(...there, 1e4)) : steps(Math.max(0, ...there), chart.whole));
    const scale = chart.isLogarithmic ? Math.log10 : value => value;
    const [low, high] = [scale(ticks[0]), scale(ticks[ticks.length - 1])];
    const y = value => area.bottom - (scale(Math.max(value, ticks[0])) - low) / (high - low) * (area.bottom - area.top);
    const svg = node('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img' });

    for (const tick of ticks) {
      svg.append(node('line', { class: tick === ticks[0] ? 'axis' : 'grid', x1: area.left, x2: area.right, y1: y(tick), y2: y(tick) }));
      svg.append(node('text', { x: area.left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, chart.label(tick)));
    }
    for (let at = Math.ceil(start / 120000) * 120000; at <= end; at += 120000) {
      if (x(at) < area.left + 14 || x(at) > area.right - 14) continue;
      svg.append(node('text', { x: x(at), y: height - 5, 'text-anchor': 'middle' }, minute(new Date(at))));
    }
    for (const swap of swaps) {
      if (swap.at_ms < start) continue;
      svg.append(node('line', { class: swap.outcome === 'swapped' ? 'swap' : 'swap bad', x1: x(swap.at_ms), x2: x(swap.at_ms), y1: area.top, y2: area.bottom }));
    }
    chart.series.forEach(([, , style], place) => {
      let line = '', isOpen = false, previous = 0, first = null, last = null;
      values[place].forEach((value, index) => {
        // Where the server or the page slept there is no line.
        if (value === null || times[index] - previous > span + 5000) isOpen = false;
        previous = times[index];
        if (value === null) return;
        line += `${isOpen ? 'L' : 'M'}${x(times[index]).toFixed(1)} ${y(value).toFixed(1)}`;
        first ??= x(times[index]);
        last = x(times[index]);
        isOpen = true;
      });
      if (chart.area && line) svg.append(node('path', { class: 'area', d: `${line.replaceAll('M', 'L').replace('L', 'M')}L${last} ${area.bottom}L${first} ${area.bottom}Z` }));
      svg.append(node('path', { class: `line ${style ?? ''}`, d: line }));
    });

    const cursor = node('line', { class: 'cursor', y1: area.top, y2: area.bottom, visibility: 'hidden' });
    svg.append(cursor);
    let read = $('.read', figure);
    if (!read) {
      read = document.createElement('span');
      read.className = 'read';
      $('figcaption', figure).append(read);
    }
    const tell = index => {
      const words = chart.series.flatMap(([, title, style], place) => {
        const value = values[place][index] ?? null;
        const swatch = document.createElement('span');
        swatch.className = `swatch ${style ?? ''}`;
        return [...(title ? [swatch, `${title} `] : []), value === null ? '–' : chart.read(value), '  '];
      });
      read.replaceChildren(...words, index === times.length - 1 ? '' : `at ${clock(new Date(times[index]))}`);
    };
    const newest = times.length - 1;
    svg.addEventListener('pointermove', event => {
      const box = svg.getBoundingClientRect();
      const at = start + ((event.clientX - box.left) / box.width * width - area.left) / (area.right - area.left) * (end - start);
      const index = times.reduce((best, time, place) => Math.abs(time - at) < Math.abs(times[best] - at) ? place : best, 0);
      if (!times.length) return;
      figure.dataset.at = times[index];
      cursor.setAttribute('x1', x(times[index]));
      cursor.setAttribute('x2', x(times[index]));
      cursor.setAttribute('visibility', 'visible');
      tell(index);
    });
    svg.addEventListener('pointerleave', () => {
      delete figure.dataset.at;
      cursor.setAttribute('visibility', 'hidden');
      if (newest >= 0) tell(newest);
    });
    // A redraw must not take away what somebody is pointing at.
    const pointed = figure.dataset.at ? times.indexOf(Number(figure.dataset.at)) : -1;
    if (pointed >= 0) {
      cursor.setAttribute('x1', x(times[pointed]));
      cursor.setAttribute('x2', x(times[pointed]));
      cursor.setAttribute('visibility', 'visible');
    }
    if (newest >= 0) tell(pointed >= 0 ? pointed : newest);
    svg.setAttribute('aria-label', `${chart.unit}, the last ten minutes; now ${read.textContent.trim()}`);
    $('svg', figure)?.remove();
    figure.append(svg);
  }

  // One line a dataset, one mark an event: a disc for a swap, a ring for what did not come to be served.
  function drawSwaps() {
    $('#swaps').hidden = swaps.length === 0;
    if (!swaps.length) return;
    const figure = $('#chart-swaps'), width = Math.max(280, Math.round(figure.clientWidth)), row = 34;
    const height = datasetNames.length * row + 26, left = 10, right = width - 10;
    const end = now(), start = Math.min(...swaps.map(swap => swap.at_ms), end - 600000);
    const from = start - (end - start) * 0.03;
    const x = time => left + (time - from) / (end - from) * (right - left);
    const svg = node('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img' });
    datasetNames.forEach((name, place) => {
      const y = place * row + 24;
      svg.append(node('line', { class: 'axis', x1: left, x2: right, y1: y, y2: y }));
      svg.append(node('text', { class: 'named', x: left, y: y - 10 }, name));
      for (const swap of swaps.filter(candidate => candidate.dataset === name)) {
        const mark = node('circle', { class: swap.outcome === 'swapped' ? 'dot' : 'dot bad', cx: x(swap.at_ms), cy: y, r: 4.5 });
        mark.append(node('title', {}, `${local(new Date(swap.at_ms))}: ${swap.version} ${swap.outcome}${swap.reason ? `: ${swap.reason.slice(0, 200)}` : `, ${swap.milliseconds} ms`}`));
        svg.append(mark);
      }
    });
    const spans = [60, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800].map(seconds => seconds * 1000);
    const span = spans.find(candidate => (end - from) / candidate <= width / 90) ?? (end - from);
    const offset = new Date(end).getTimezoneOffset() * 60000;
    for (let at = Math.ceil((from - offset) / span) * span + offset; at <= end; at += span) {
      if (x(at) < left + 20 || x(at) > right - 48) continue;
      const date = new Date(at), isDay = span >= 86400000;
      svg.append(node('line', { class: 'axis', x1: x(at), x2: x(at), y1: height - 22, y2: height - 18 }));
      svg.append(node('text', { x: x(at), y: height - 5, 'text-anchor': 'middle' }, isDay ? local(date).slice(5, 10) : minute(date)));
    }
    svg.append(node('text', { x: right, y: height - 5, 'text-anchor': 'end' }, 'now'));
    const good = swaps.filter(swap => swap.outcome === 'swapped').length;
    svg.setAttribute('aria-label', `${good} swaps and ${swaps.length - good} refusals or failures; the tables below tell each`);
    figure.replaceChildren(svg);
  }

  function drawAll() {
    if (document.hidden) return;
    for (const name of Object.keys(charts)) draw(name);
    drawSwaps();
    const legend = $('#chart-legend'), marked = swaps.some(swap => swap.at_ms > now() - secondsMax * 1000);
    legend.hidden = !marked;
    legend.textContent = 'Dotted upright lines are swaps and refusals.';
  }

  // ---- what the server tells

  function take(status) {
    skew = Date.now() - status.now_ms;
    secondsMax = status.history.seconds_max;
    for (const [key, values] of Object.entries(status.history)) {
      if (Array.isArray(values)) columns[key] = [...(columns[key] ?? []), ...values].slice(-secondsMax);
    }
    const { hits_per_second: hits = [], misses_per_second: misses = [] } = columns;
    columns.hit_share = hits.map((hit, index) => hit + misses[index] > 0 ? hit / (hit + misses[index]) : null);
    const name = swap => `${swap.dataset} ${swap.at_ms} ${swap.version} ${swap.outcome}`;
    const have = new Set(swaps.map(name));
    swaps.push(...status.swaps.filter(swap => !have.has(name(swap))));
    swaps.splice(0, swaps.length - 100 * status.datasets.length);
    latest = Math.max(latest, ...status.history.at_ms);
    datasetNames = status.datasets.map(dataset => dataset.name);
    const last = name => columns[name]?.at(-1);
    const sum = values => values.slice(-60).reduce((total, value) => total + value, 0);
    const keys = sum(hits) + sum(misses);
    const figures = {
      commands: last('commands_per_second') === undefined ? '–' : count(last('commands_per_second')),
      median: last('p50_ns') ? duration(last('p50_ns')) : '–', p99: last('p99_ns') ? duration(last('p99_ns')) : '–',
      hits: keys > 0 ? percent(sum(hits) / keys) : '–', connections: count(status.server.connections),
      memory: bytes(status.server.resident_bytes),
    };
    for (const [name, text] of Object.entries(figures)) $(`[data-figure=${name}]`).textContent = text;
    $('[data-uptime]').textContent = age(status.server.uptime_seconds);
    const seen = JSON.stringify(status.datasets);
    const isNew = known !== '' && known !== seen;
    known = seen;
    return isNew;
  }

  // Takes parts of the page from a newer one; leaves alone what has not changed.
  async function refresh() {
    const answer = await fetch('./', { cache: 'no-store' });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const id of ['summary', 'datasets']) {
      const [old, fresh] = [$(`#${id}`), $(`#${id}`, page)];
      if (!old || !fresh) continue;
      const scrolled = [...old.querySelectorAll('.wide')].map(element => element.scrollLeft);
      const focused = [...old.querySelectorAll('.wide')].indexOf(document.activeElement);
      old.replaceWith(document.adoptNode(fresh));
      const wide = [...fresh.querySelectorAll('.wide')];
      wide.forEach((element, index) => { element.scrollLeft = scrolled[index] ?? 0; });
      wide[focused]?.focus({ preventScroll: true });
    }
  }

  const live = $('#live'), button = document.createElement('button');
  button.type = 'button';
  function tellLive(text) { if (live.textContent !== text) live.textContent = text; }

  async function tick() {
    let wait = 1000;
    try {
      if (!isPaused && !document.hidden) {
        const answer = await fetch(`status.json?after=${latest}`, { cache: 'no-store', signal: AbortSignal.timeout(10000) });
        if (!answer.ok) throw new Error(`${answer.status}`);
        if (take(await answer.json())) await refresh();
        failures = 0;
        tellLive('live');
        drawAll();
      }
    } catch {
      // The page stays as it was, and says so.
      failures += 1;
      wait = Math.min(1000 * 2 ** failures, 15000);
      tellLive(`no answer since ${clock(new Date(latest || Date.now()))}; trying again`);
    }
    showTimes();
    setTimeout(tick, wait);
  }

  function label() {
    button.textContent = isPaused ? 'Go on' : 'Pause';
    if (isPaused) tellLive('paused');
  }
  button.addEventListener('click', () => { isPaused = !isPaused; label(); });
  live.after(button);
  label();

  $('#charts').hidden = false;
  $('#zone').textContent = `your zone (${Intl.DateTimeFormat().resolvedOptions().timeZone || 'local'}); point at one for UTC`;
  addEventListener('resize', drawAll);
  showTimes();
  enhanceLookup();
  enhanceHotKeys();
  tick();

  // Shows the hot keys once somebody wants them, and then every few seconds: a request for keys may need a password.
  function enhanceHotKeys() {
    const place = $('#hot-keys');
    async function show() {
      if (!isPaused && !document.hidden) {
        try {
          const answer = await fetch('lookup', { cache: 'no-store' });
          const fresh = $('#hot-keys .hot', new DOMParser().parseFromString(await answer.text(), 'text/html'));
          if (!fresh) throw new Error(`${answer.status}`);
          // Nobody's focus is taken away, but for the link's that has done its work.
          const focused = $('.hot table', place) && place.contains(document.activeElement);
          if (!focused) $('.hot', place).replaceWith(document.adoptNode(fresh));
        } catch {
          $('.hot', place).textContent = 'No answer from the server.';
        }
      }
      setTimeout(show, 5000);
    }
    $('.hot a', place)?.addEventListener('click', event => {
      event.preventDefault();
      show();
    }, { once: true });
  }

  // Looks a key up without leaving the page.
  function enhanceLookup() {
    addEventListener('submit', async event => {
      const form = event.target;
      if (form.getAttribute('action') !== 'lookup') return;
      event.preventDefault();
      const place = form.parentElement.querySelector('.result');
      try {
        const answer = await fetch(`lookup?${new URLSearchParams(new FormData(form))}`, { cache: 'no-store' });
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const found = page.querySelector('#lookup .result');
        if (!found) throw new Error(`${answer.status}`);
        place.replaceChildren(...[...found.childNodes].map(child => document.adoptNode(child)));
      } catch {
        place.textContent = 'No answer from the server.';
      }
    });
  }
})();
