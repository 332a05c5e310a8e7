// Builds without optimising, serves at http://localhost:3000, and does both again whenever a source has changed. Then an open
// page reloads itself: see frontend/bundle/src/reload.js. Arguments are those of `kagitaba serve`.
//
// Sources are found to have changed by looking, twice a second: it takes a hundredth of a core, works on every file system, and
// misses no way of saving a file, which notifications do.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const SOURCES = ['Cargo.toml', 'Cargo.lock', '.cargo', 'app', 'frontend', 'server', 'style'];
const OTHERS = new Set(['benches', 'manual', 'node_modules', 'target', 'tests']);
const SITE = 'target/dev/site';
const BUILT = ['target/debug/kagitaba', 'target/debug/hash.txt'];
const LOOK_EVERY = 500;
// A server that waits for slow answers is killed after this time.
const ENDS_WITHIN = 5000;

let build, server, ending = false;

function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

// Returns the time of each source's last change, by its path.
function times(paths, found = new Map()) {
  for (const path of paths) {
    const entry = statSync(path, { throwIfNoEntry: false });
    if (entry?.isFile()) found.set(path, entry.mtimeMs);
    if (entry?.isDirectory()) times(readdirSync(path).filter((name) => !OTHERS.has(name)).map((name) => join(path, name)), found);
  }
  return found;
}

function differences(one, other) {
  return [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path));
}

// Waits for changes that have come to rest: an editor may write several files, or one in two steps.
async function changesSince(seen) {
  for (let before = seen; ; ) {
    await pause(LOOK_EVERY);
    const now = times(SOURCES);
    if (differences(before, now).length === 0 && differences(seen, now).length > 0) return now;
    before = now;
  }
}

// Builds what has changed, and prints errors. Returns whether there were none.
async function builds(target) {
  build = spawn('make', [target, 'BUNDLE=--reload'], { stdio: 'inherit' });
  const [code] = await once(build, 'exit');
  build = undefined;
  return code === 0;
}

async function end(running) {
  if (!running || running.exitCode !== null || running.signalCode !== null) return;
  const ended = once(running, 'exit');
  running.kill('SIGTERM');
  const late = setTimeout(() => running.kill('SIGKILL'), ENDS_WITHIN);
  await ended;
  clearTimeout(late);
}

// Serves the newest build in place of the one before, and tells open pages.
async function serve() {
  const isFirst = !server;
  const before = server;
  server = undefined;
  await end(before);
  const started = spawn(BUILT[0], ['serve', '--site', SITE, ...process.argv.slice(2)], { stdio: ['ignore', 'pipe', 'inherit'] });
  server = started;
  started.on('exit', () => {
    if (started === server && !ending) console.log('• The server has ended; it starts again after the next change');
  });
  // Once it listens, it prints its address.
  started.stdout.on('data', (text) => isFirst && process.stdout.write(text));
  await Promise.race([once(started.stdout, 'data'), once(started, 'exit')]);
  writeFileSync(join(SITE, 'build.txt'), String(Date.now()));
  if (!isFirst && started.exitCode === null) console.log('• Serving the new build');
}

async function stop() {
  ending = true;
  build?.kill();
  await end(server);
  process.exit();
}
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, stop);

let seen = times(SOURCES);
let served;
for (let target = 'dev-build'; ; ) {
  const isBuilt = await builds(target);
  if (isBuilt) {
    const built = BUILT.map(timeOf).join();
    if (built !== served) await serve();
    served = built;
  } else if (!ending) {
    console.log('• It does not build; see above. Waiting for a change');
  }
  const now = await changesSince(seen);
  const changed = differences(seen, now);
  console.log(`• ${changed[0]} has changed${changed.length > 1 ? ` (and ${changed.length - 1} more)` : ''}`);
  target = isBuilt && changed.every((path) => path.startsWith('style/')) ? 'dev-site' : 'dev-build';
  seen = now;
}
