// Usage on the page of a token: calls as a chart and a table, and the last ones, narrowed by links.

import type { APIRequestContext, Locator, Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import {
  call,
  expect,
  mark,
  newToken,
  open,
  paths,
  signIn,
  stillMarked,
  test,
  type Session,
  type Token,
} from '../support/fixtures.ts';
import { locales, say, wordsOf, type Words } from '../support/words.ts';

/** Calls the gate as this client, and returns the status. */
async function callAs(request: APIRequestContext, token: Token, client: string, below: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${token.sid}:${token.secret}`).toString('base64')}`;
  const headers = { authorization, 'user-agent': client };
  return (await request.get(`/Agencies/${token.sid}/${below}`, { headers })).status();
}

/** Waits until so many calls of the token are written. */
async function written(page: Session, token: Token, count: number): Promise<void> {
  const calls = async (): Promise<number> => {
    const answer = await call(page, 'tokens/recent_calls', { id: token.id, filter: {} });
    return ((await answer.json()) as { calls: unknown[] }).calls.length;
  };
  await expect.poll(calls).toBe(count);
}

/** Makes a token, and calls twice as one client, and once as another one without the scope. */
async function called(page: Session, request: APIRequestContext): Promise<Token> {
  const token = await newToken(page);
  expect(await callAs(request, token, 'nightly-export/2.0', 'CompanyInformation')).toBe(200);
  expect(await callAs(request, token, 'nightly-export/2.0', 'CompanyInformation')).toBe(200);
  expect(await callAs(request, token, 'other/1', 'Jobs')).toBe(403);
  await written(page, token, 3);
  return token;
}

const section = (page: Page, words: Words): Locator => page.getByRole('region', { name: words.usage.title, exact: true });
const chart = (usage: Locator, words: Words): Locator =>
  usage.getByRole('img', { name: say(words.chart.label, { succeeded: 2, failed: 1 }) });
const periods = (usage: Locator): Locator => usage.locator('.chart-table tbody tr');
const calls = (usage: Locator, words: Words): Locator =>
  usage.getByRole('table', { name: words.usage.last_calls, exact: true }).locator('tbody tr');
const forbidden = (usage: Locator, words: Words): Locator =>
  usage.getByRole('table', { name: words.usage.by_status }).getByRole('link', { name: '403', exact: true });

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test.beforeEach(async ({ page }) => {
      await signIn(page, 'administrator');
    });

    test('calls are shown as a chart, a table and a list', async ({ page, request }) => {
      const token = await called(page, request);
      await open(page, paths.token(token.id));
      await mark(page);
      const usage = section(page, words);
      await expect(chart(usage, words)).toBeVisible();
      await expect(calls(usage, words)).toHaveCount(3);
      await expect(calls(usage, words).first()).toContainText('other/1');
      await axe(page, 'usage', '#usage');

      await expect(periods(usage).last()).toBeHidden();
      await usage.getByText(words.chart.table, { exact: true }).click();
      await expect(periods(usage).last()).toBeVisible();
      await expect(periods(usage)).toHaveCount(30);
      await expect(periods(usage).last().getByRole('cell')).toHaveText(['2', '1']);
      await axe(page, 'usage as a table', '#usage');

      const hours = usage.getByRole('link', { name: words.usage.by_hour, exact: true });
      await hours.click();
      await expect(hours).toHaveAttribute('aria-current', 'true');
      await expect(periods(usage)).toHaveCount(48);
      await expect(hours).toBeFocused();
      await expect(periods(usage).last(), 'the table stays open').toBeVisible();

      await forbidden(usage, words).click();
      await expect(calls(usage, words)).toHaveCount(1);
      await expect(page).toHaveURL(/\?by=hour&status=403$/);
      const files = usage.getByRole('link', { name: words.audit.csv, exact: true });
      await expect(files).toHaveAttribute('href', /\/calls\.csv\?token=.*&status=403$/);
      await axe(page, 'filtered usage', '#usage');
      await usage.getByRole('link', { name: say(words.usage.remove_filter, { value: '403' }), exact: true }).click();
      await expect(calls(usage, words)).toHaveCount(3);
      await stillMarked(page);
    });

    test('calls in an overlap are told apart by Auth Token', async ({ page, request }) => {
      const token = await newToken(page);
      const handover = { overlap: 'one_day', close_when_moved: false };
      const reset = await call(page, 'tokens/reset', { id: token.id, revision: token.revision, handover });
      expect(reset.status(), await reset.text()).toBe(200);
      const { auth_token } = (await reset.json()) as { auth_token: string };
      expect(await callAs(request, token, 'stays', 'CompanyInformation')).toBe(200);
      expect(await callAs(request, { ...token, secret: auth_token }, 'moved', 'CompanyInformation')).toBe(200);
      await written(page, token, 2);

      await open(page, paths.token(token.id));
      const usage = section(page, words);
      for (const [name, client] of [
        [words.overlap.old_token, 'stays'],
        [words.usage.new_token, 'moved'],
      ] as const) {
        await usage.getByRole('link', { name, exact: true }).click();
        await expect(calls(usage, words)).toHaveCount(1);
        await expect(calls(usage, words)).toContainText(client);
        await expect(calls(usage, words)).toContainText(name);
      }
      await usage.getByRole('link', { name: words.usage.either_token, exact: true }).click();
      await expect(calls(usage, words)).toHaveCount(2);
    });

    test.describe('Without scripts', () => {
      test.use({ javaScriptEnabled: false });

      test('usage is drawn by the server and narrowed by links', async ({ page, request }) => {
        const token = await called(page, request);
        await page.goto(paths.token(token.id));
        const usage = section(page, words);
        await expect(chart(usage, words)).toBeVisible();
        await usage.getByText(words.chart.table, { exact: true }).click();
        await expect(periods(usage).last()).toBeVisible();
        await forbidden(usage, words).click();
        await expect(page).toHaveURL(/\?status=403#usage$/);
        await expect(calls(usage, words)).toHaveCount(1);
        await expect(calls(usage, words)).toContainText('other/1');
        await usage.getByRole('link', { name: words.usage.by_week, exact: true }).click();
        await expect(page).toHaveURL(/\?by=week&status=403#usage$/);
        await expect(chart(usage, words)).toBeVisible();
        await expect(periods(usage)).toHaveCount(26);
      });
    });
  });
}
