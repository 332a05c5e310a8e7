// An open page while the server is down or its database is locked: it shows an error, and recovers without a reload.

import { test, type Page } from '@playwright/test';
import {
  call,
  card,
  controlClock,
  create,
  dialog,
  expect,
  goBack,
  listOf,
  mark,
  open,
  paths,
  running,
  signIn,
  stillMarked,
  toast,
  unique,
} from '../support/fixtures.ts';
import { freePort, holdDatabase, kagitaba, kagitabaAgain, type Server } from '../support/servers.ts';
import { say, wordsOf } from '../support/words.ts';

const words = wordsOf('en');
const name = 'away';
let port: number;
let server: Server;
let page: Page;

// Not the fixture's page, which would fail the test: here the browser must report failed requests and 503.
test.beforeEach(async ({ browser, contextOptions }) => {
  port = await freePort();
  server = await kagitaba(name, port, []);
  const context = await browser.newContext({ ...contextOptions, baseURL: server.origin });
  page = await context.newPage();
  await signIn(page, 'administrator');
});

test.afterEach(async () => {
  await page.context().close();
  await server.stop();
});

/** Picks Disable in the menu of that token's card, which opens the confirmation. */
async function pick(token: string): Promise<void> {
  await page.getByRole('button', { name: say(words.card.more_for, { name: token }), exact: true }).click();
  await page.getByRole('menuitem', { name: words.item.disable }).click();
}

/** Disables the token of that name. */
async function disable(token: string): Promise<void> {
  await pick(token);
  await dialog(page).getByRole('button', { name: words.item.disable, exact: true }).click();
}

test('an action fails with a message while the server is away', async () => {
  const token = unique('Away');
  await create(page, { name: token });
  await open(page, listOf(token));
  await mark(page);
  // Loads the wasm of the dialog before the server stops.
  await pick(token);
  await dialog(page).getByRole('button', { name: words.cancel }).click();
  await expect(dialog(page)).toBeHidden();
  await server.stop();
  await disable(token);
  await expect(toast(page, words.error.unreachable)).toBeVisible();
  // The list has tried to reload.
  await expect(page.getByRole('main').getByRole('alert')).toContainText(words.error.unreachable);

  server = await kagitabaAgain(name, port, []);
  await page.getByRole('button', { name: words.try_again }).click();
  await disable(token);
  await expect(card(page, token)).toHaveClass(/disabled/);
  // Live updates work again, too.
  const other = `${token} of another window`;
  await create(page, { name: other });
  await expect(card(page, other)).toBeVisible({ timeout: 60_000 });
  await stillMarked(page);
});

test('a page that failed to load can be tried again', async () => {
  await create(page, { name: unique('Away') });
  await open(page, paths.tokens);
  const link = page.getByRole('article').first().getByRole('link').first();
  // Loads the wasm of the page before the server stops.
  await link.click();
  await expect(page.locator('#name')).toBeVisible();
  await goBack(page);
  await expect(page.locator('#name')).toHaveCount(0);
  await expect(link).toBeVisible();
  await server.stop();
  await link.click();
  await expect(page.getByRole('main')).toContainText(words.error.unreachable);
  server = await kagitabaAgain(name, port, []);
  const again = page.getByRole('link', { name: words.try_again });
  const address = page.url();
  await again.click();
  await running(page);
  await expect(page.locator('#name')).toBeVisible();
  expect(page.url()).toBe(address);
});

/** Makes the page believe that it is hidden, or visible again. */
async function hidden(hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, hidden);
}

const unavailable = { status: 503, body: '"Unavailable"' };

test('an unavailable page retries while it is visible', async () => {
  await controlClock(page);
  await create(page, { name: unique('Away') });
  await open(page, paths.tokens);
  await page.route('**/api/tokens/editable*', (route) => route.fulfill(unavailable));
  const asked: string[] = [];
  await page.route('**/api/account*', (route) => {
    asked.push(new URL(route.request().url()).search);
    return asked.length < 2 ? route.fulfill(unavailable) : route.continue();
  });
  await page.getByRole('article').first().getByRole('link').first().click();
  await expect(page.getByRole('main')).toContainText(words.error.unavailable);
  await hidden(true);
  await page.clock.fastForward(60_000);
  // Requests that the page had sent by now would have arrived before this one is answered.
  await page.evaluate(async () => (await fetch('/healthz')).text());
  expect(asked).toEqual([]);
  await hidden(false);
  await mark(page);
  await page.clock.fastForward(5_000);
  await expect.poll(() => asked).toEqual(['?again&']);
  await page.unroute('**/api/tokens/editable*');
  await stillMarked(page);
  await page.clock.fastForward(10_000);
  await expect(page.locator('#name')).toBeVisible({ timeout: 60_000 });
  expect(asked).toEqual(['?again&', '?again&']);
});

test('an unavailable panel leaves the rest of the page alone', async () => {
  await controlClock(page);
  await page.route('**/api/profile/sessions*', (route) => route.fulfill(unavailable));
  let asked = 0;
  await page.route('**/api/account*', (route) => {
    asked += 1;
    return route.continue();
  });
  await open(page, paths.settings);
  await mark(page);
  await page.locator('button.person').click();
  await page.locator('.person-card').getByRole('link').click();
  const panel = page.locator('.panel', { hasText: words.error.unavailable });
  await expect(panel.getByRole('link', { name: words.try_again })).toBeVisible();
  await page.locator('#member-name').fill('Typed');
  await page.clock.fastForward(60_000);
  await expect(page.locator('#member-name')).toHaveValue('Typed');
  await stillMarked(page);
  expect(asked).toBe(0);
});

test('an action fails with a message while the database is locked', async () => {
  test.slow();
  const token = unique('Held');
  await create(page, { name: token });
  await open(page, listOf(token));
  await mark(page);
  const letGo = await holdDatabase(name);
  await disable(token);
  await expect(toast(page, words.error.unavailable)).toBeVisible({ timeout: 60_000 });
  await expect(card(page, token)).not.toHaveClass(/disabled/);
  await letGo();
  await disable(token);
  await expect(card(page, token)).toHaveClass(/disabled/);
  expect((await call(page, 'account', {})).status()).toBe(200);
  await stillMarked(page);
});

for (const [status, text] of [[503, words.error.unavailable], [null, words.error.unreachable]] as const) {
  test(`a refresh that fails (${String(status ?? 'offline')}) keeps the cards`, async () => {
    const token = unique('Kept');
    await create(page, { name: token });
    await open(page, listOf(token));
    await mark(page);
    await page.route('**/api/tokens/list*', (route) => (status === null ? route.abort() : route.fulfill(unavailable)));
    await page.getByRole('radio', { name: words.state.disabled, exact: true }).check();
    const main = page.getByRole('main');
    await expect(main.getByRole('alert')).toContainText(text);
    await expect(main).toContainText(words.error.not_refreshed);
    await expect(card(page, token)).toBeVisible();
    await page.unroute('**/api/tokens/list*');
    await main.getByRole('button', { name: words.try_again }).click();
    await expect(page.getByRole('heading', { name: words.tokens.nothing_title })).toBeVisible();
    await expect(main.getByRole('alert')).toHaveCount(0);
    await stillMarked(page);
  });
}

test('a refresh that fails keeps the audit trail', async () => {
  await create(page, { name: unique('Kept') });
  await open(page, '/settings/audit-trail');
  const first = page.locator('.audit-entries > li').first();
  await expect(first).toBeVisible();
  await page.route('**/api/audit/trail*', (route) => route.fulfill(unavailable));
  await page.getByRole('combobox', { name: words.audit.about }).selectOption(words.audit.tokens);
  await expect(page.getByRole('main')).toContainText(words.error.not_refreshed);
  await expect(first).toBeVisible();
});

test('a refresh that fails keeps the account users', async () => {
  await open(page, paths.accountUsers);
  const row = page.getByText('analyst@hoshi-oak.example');
  await expect(row).toBeVisible();
  await page.route('**/api/users/list*', (route) => route.fulfill(unavailable));
  await page.getByRole('button', { name: words.users.invite }).click();
  await dialog(page).getByLabel(words.users.email).fill('nao@partner.example');
  await dialog(page).getByLabel(words.users.role).selectOption('analyst');
  await dialog(page).getByRole('button', { name: words.invitation.create }).click();
  await expect(page.getByRole('main')).toContainText(words.error.not_refreshed);
  await expect(row).toBeAttached();
});
