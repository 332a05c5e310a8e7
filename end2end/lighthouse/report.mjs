// Measures pages of the release build with Lighthouse, as its presets for desktop and mobile do, and prints a table; each figure
// is the median of all rounds. Lighthouse's own reports on the last round are left in `target/lighthouse/`.
//
// In a folder of its own, as Lighthouse is twice the size of all other tools of the tests. Version 12 is the last for Node 20.

import { launch } from 'chrome-launcher';
import lighthouse, { desktopConfig } from 'lighthouse';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';

const ROUNDS = 3;
const LISTEN = '127.0.0.1:3175';
const SITE = `http://${LISTEN}`;
const OUT = '../../target/lighthouse';
// Debian's or, where that is not installed, Playwright's own.
const CHROMIUM =
  ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path)) ??
  createRequire(new URL('../package.json', import.meta.url))('@playwright/test').chromium.executablePath();
const PRESETS = { desktop: desktopConfig, mobile: undefined };
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
// Lighthouse's names of a page's figures, and the divisors to their units; 0 leaves a figure as it is.
const FIGURES = {
  'FCP ms': ['first-contentful-paint', 1],
  'LCP ms': ['largest-contentful-paint', 1],
  'TBT ms': ['total-blocking-time', 1],
  CLS: ['cumulative-layout-shift', 0],
  kB: ['total-byte-weight', 1000],
};

function serve() {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const data = `${OUT}/data`;
  const args = ['serve', '--listen', LISTEN, '--data', data, '--site', '../../target/site'];
  const env = { ...process.env, KAGITABA_PRODUCTION: '', DATABASE_URL: `sqlite:${data}/kagitaba.db` };
  return spawn('../../target/release/kagitaba', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function answers(server) {
  while (!(await fetch(`${SITE}/healthz`).catch(() => undefined))?.ok) {
    if (server.exitCode !== null) throw new Error('the server has ended');
    await pause(100);
  }
}

// Signs in as the demo's administrator, and returns the session's cookie.
async function signIn() {
  const body = new URLSearchParams({ email: 'admin@hoshi-oak.example', password: 'kagitaba-demo-2026' });
  const answer = await fetch(`${SITE}/api/session/sign_in`, { method: 'POST', body, headers: { 'sec-fetch-site': 'same-origin' } });
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  if (!answer.ok || cookies.length === 0) throw new Error(`sign-in was answered ${answer.status}`);
  return cookies.join('; ');
}

async function pages(cookie) {
  const list = '/settings/platform-rest';
  const html = await (await fetch(SITE + list, { headers: { cookie } })).text();
  const token = html.match(/\/settings\/platform-rest\/tokens\/[0-9a-f-]{36}/)?.[0];
  if (!token) throw new Error('the list has no tokens');
  return { 'sign-in': ['/sign-in'], overview: ['/overview', cookie], list: [list, cookie], token: [token, cookie] };
}

async function measure(name, preset, path, cookie) {
  const chrome = await launch({ chromePath: CHROMIUM, chromeFlags: ['--headless', '--no-sandbox', '--disable-gpu'], logLevel: 'silent' });
  try {
    const extraHeaders = cookie && { Cookie: cookie };
    const flags = { port: chrome.port, output: 'html', logLevel: 'error', onlyCategories: CATEGORIES, extraHeaders };
    const { lhr, report } = await lighthouse(SITE + path, flags, PRESETS[preset]);
    if (lhr.runtimeError) throw new Error(`${name}: ${lhr.runtimeError.message}`);
    writeFileSync(`${OUT}/${name}-${preset}.html`, report);
    return lhr;
  } finally {
    chrome.kill();
  }
}

// Returns a report's figures, and the audits that cost points, with the round's own values.
function read({ categories, audits }) {
  const figures = CATEGORIES.map((category) => Math.round(100 * categories[category].score));
  for (const [audit, divisor] of Object.values(FIGURES)) {
    const value = audits[audit].numericValue;
    figures.push(divisor ? Math.round(value / divisor) : Number(value.toFixed(3)));
  }
  figures.push(audits['network-requests'].details.items.length);
  const lost = CATEGORIES.flatMap((category) => categories[category].auditRefs.filter((ref) => ref.weight > 0))
    .map(({ id }) => audits[id])
    .filter(({ score }) => score !== null && score < 1)
    .map(({ id, displayValue, title }) => `${id}: ${displayValue ?? title}`);
  return { figures, lost };
}

function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}

const server = serve();
try {
  await answers(server);
  const found = await pages(await signIn());
  const rows = [['page', 'preset', ...CATEGORIES, ...Object.keys(FIGURES), 'requests']];
  const complaints = new Set();
  const all = Object.keys(found).flatMap((name) => Object.keys(PRESETS).map((preset) => ({ name, preset, rounds: [] })));
  for (let round = 1; round <= ROUNDS; round++) {
    console.error(`• Measuring, round ${round} of ${ROUNDS}`);
    for (const { name, preset, rounds } of all) {
      const { figures, lost } = read(await measure(name, preset, ...found[name]));
      rounds.push(figures);
      if (round === ROUNDS) lost.forEach((text) => complaints.add(`${name}, ${preset}: ${text}`));
    }
  }
  for (const { name, preset, rounds } of all) {
    rows.push([name, preset, ...rounds[0].map((_, column) => String(median(rounds.map((figures) => figures[column]))))]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
  for (const text of complaints) console.log(`• ${text}`);
} finally {
  if (server.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}
