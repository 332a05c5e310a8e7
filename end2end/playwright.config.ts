// The browser and the server of the tests: the server that was built, with new demo data in each run.

import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';
import { program, site } from './tests/support/build.ts';

const port = process.env['KAGITABA_E2E_PORT'] ?? '3174';
const baseURL = `http://127.0.0.1:${port}`;
const data = '../target/e2e/data';
const headed = Boolean(process.env['HEADED']);
// Debian's; the first is the lighter one, as it has no windows. Where neither is installed, Playwright has its own.
const chromium = [...(headed ? [] : ['/usr/bin/chromium-headless-shell']), '/usr/bin/chromium'].find(existsSync);

export default defineConfig({
  testDir: 'tests',
  projects: [
    // Only `make pictures` takes pictures.
    { name: 'chromium', testIgnore: ['firefox/**', ...(process.env['PICTURES'] ? [] : ['ui/pictures.spec.ts'])] },
    // Firefox by puppeteer, on the same server: see support/firefox.ts.
    { name: 'firefox', testDir: 'tests/firefox', use: { baseURL: `http://localhost:${port}` } },
  ],
  outputDir: 'test-results',
  // The tests share one database, but each works with tokens of its own.
  fullyParallel: false,
  workers: 2,
  // Tests wait for the thing itself. These limits are long, to hold on a busy machine.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: Boolean(process.env['CI']),
  reporter: 'list',
  use: {
    ...devices['Desktop Chrome'],
    baseURL,
    // Below a test's own, so that what hangs is named.
    actionTimeout: 60_000,
    navigationTimeout: 60_000,
    locale: 'en-US',
    // Recording takes a tenth of the time.
    trace: process.env['TRACE'] ? 'retain-on-failure' : 'off',
    headless: !headed,
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: [
        '--no-sandbox',
        '--js-flags=--liftoff-only', // a page lives for moments, so that optimising its wasm would not pay off
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: {
    command: `rm -rf ${data} && exec ${program} serve --listen 127.0.0.1:${port} --data ${data} --site ${site}`,
    url: `${baseURL}/healthz`,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
    // Overrides settings of the machine.
    env: { KAGITABA_PRODUCTION: '', KAGITABA_CALLS_PER_HOUR: '1000000', KAGITABA_EXPORTS_PER_DAY: '1000000', DATABASE_URL: `sqlite:${data}/kagitaba.db` },
  },
});
