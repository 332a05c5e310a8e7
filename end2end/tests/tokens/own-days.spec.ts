// Days are those of the person's time zone, also where it puts its clocks forward and back.

import type { Page } from '@playwright/test';
import { call, closeSecret, expect, namedLike, open, paths, signIn, test, unfold, unique } from '../support/fixtures.ts';
import { wordsOf } from '../support/words.ts';

const words = wordsOf('en');

test.use({ timezoneId: 'America/New_York' });

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

/** Returns the expiry of the token of this name, in milliseconds since 1970. */
async function expiryOf(page: Page, name: string): Promise<number | undefined> {
  const list = (await (await call(page, 'tokens/list', namedLike(name))).json()) as { tokens: { ends_at: number }[] };
  const micros = list.tokens[0]?.ends_at;
  return micros === undefined ? undefined : micros / 1_000;
}

test('an Auth Token expires at the end of the day in New York', async ({ page }) => {
  const name = unique('Own day');
  await open(page, paths.newToken);
  await page.locator('#name').fill(name);
  await page.locator('#expires').selectOption(words.form.expires_date);
  // In half a year, the zone's offset is another one.
  const [day, end] = await page.evaluate(() => {
    const now = new Date();
    const end = new Date(now.getFullYear(), now.getMonth() + 6, 2);
    const last = new Date(now.getFullYear(), now.getMonth() + 6, 1, 12);
    return [last.toISOString().slice(0, 10), end.getTime()] as const;
  });
  await page.getByLabel(words.form.last_day_own).fill(day);
  await page.getByRole('button', { name: words.next, exact: true }).click();
  await page.getByRole('button', { name: words.next, exact: true }).click();
  const review = page.getByRole('region', { name: words.form.review });
  await expect(review).toContainText(day);
  await expect(review, 'the day is not one of UTC').not.toContainText('UTC');
  await unfold(page);
  await page.locator('input[value="getCompanyInformation"]').check();
  await page.getByRole('button', { name: words.form.create, exact: true }).click();
  await closeSecret(page);
  expect(await expiryOf(page, name)).toBe(end);
});

test('a range of days has the offset of its beginning and end', async ({ page }) => {
  await open(page, '/settings/audit-trail');
  await page.getByLabel(words.audit.from, { exact: true }).fill('2026-03-01');
  await expect.poll(() => new URL(page.url()).searchParams.get('offset')).toBe('-300');
  await page.getByLabel(words.audit.to, { exact: true }).fill('2026-03-31');
  await expect.poll(() => Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
    from: '2026-03-01',
    to: '2026-03-31',
    offset: '-300',
    end_offset: '-240',
  });
});
