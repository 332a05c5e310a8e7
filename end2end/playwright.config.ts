// The browser that the pages are tested in, and the server: the one that was built, with demo data made anew for each run.

import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';
import { program, site } from './tests/support/build.ts';

const port = process.env['KAGITABA_E2E_PORT'] ?? '3174';
const baseURL = `http://127.0.0.1:${port}`;
const data = '../target/e2e/data';
const chromium = '/usr/bin/chromium';

export default defineConfig({
  testDir: 'tests',
  // `make pictures` takes README's pictures anew.
  testIgnore: process.env['PICTURES'] ? [] : 'ui/pictures.spec.ts',
  outputDir: 'test-results',
  // The tests share one database, but each works with tokens that it made itself.
  fullyParallel: false,
  workers: 2,
  // Tests wait for the thing itself: these are how long before they give up, on a machine that has much else to do.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: Boolean(process.env['CI']),
  reporter: 'list',
  use: {
    ...devices['Desktop Chrome'],
    baseURL,
    locale: 'en-US',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(existsSync(chromium) ? { executablePath: chromium } : {}),
      args: [
        '--no-sandbox',
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
    // The machine's own settings are not the tests'.
    env: { KAGITABA_PRODUCTION: '', KAGITABA_CALLS_PER_HOUR: '1000000', KAGITABA_EXPORTS_PER_DAY: '1000000', DATABASE_URL: `sqlite:${data}/kagitaba.db` },
  },
});
