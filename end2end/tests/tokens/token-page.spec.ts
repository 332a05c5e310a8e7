// The page of a token: read first, then edit; the bar that counts what is not saved; the danger zone.

import type { Locator, Page } from '@playwright/test';
import { announced, closeSecret, dialog, expect, gate, newToken, open, openMenu, paths, signIn, test, unfold } from '../support/fixtures.ts';
import { languages, locales, say, wordsOf } from '../support/words.ts';

const en = wordsOf('en');
const bar = (page: Page): Locator => page.locator('.save-bar');
const count = (page: Page): Locator => bar(page).getByRole('status');
const chosen = (page: Page): Locator => page.locator('input[name="form[scopes][]"]:checked');

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('the save bar counts changes, and discards them', async ({ page }) => {
      const many = (number: number): string => say(words.form.unsaved_many, { count: number });
      const token = await newToken(page, { description: 'As it was' });
      await open(page, paths.token(token.id));
      const discard = bar(page).getByRole('button', { name: words.form.discard, exact: true });
      await expect(discard).toBeHidden();
      await page.locator('#description').fill('Mine');
      await expect(count(page)).toHaveText(words.form.unsaved_one);
      // An expiry on a day is one change, each API scope another one.
      await page.locator('#expires').selectOption(words.form.expires_date);
      await page.locator('#last-day').fill(new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10));
      await expect(count(page)).toHaveText(many(2));
      await unfold(page);
      await page.locator('input[value="listJobs"]').check();
      await page.locator('input[value="getCompanyInformation"]').uncheck();
      await expect(count(page)).toHaveText(many(4));
      await expect(bar(page)).toBeInViewport({ ratio: 1 });
      // Going back by hand is no change.
      await page.locator('#description').fill('As it was');
      await expect(count(page)).toHaveText(many(3));

      await discard.click();
      await expect(announced(page, words.form.discarded)).toBeAttached();
      await expect(count(page)).toHaveText('');
      await expect(discard).toBeHidden();
      await expect(page.locator('#last-day')).toBeHidden();
      await expect(chosen(page)).toHaveValue('getCompanyInformation');
      await expect(page.locator('#description')).toHaveValue('As it was');
      await page.getByRole('link', { name: words.form.leave }).click();
      await expect(page).toHaveURL(paths.tokens);
    });

    test('the danger zone asks before it stops integrations', async ({ page, request }) => {
      const token = await newToken(page);
      await open(page, paths.token(token.id));
      const zone = page.getByRole('region', { name: words.access.danger_zone });
      const press = (name: string): Promise<void> => zone.getByRole('button', { name, exact: true }).click();
      const { reset, disable, enable, delete: remove } = words.item;
      await expect(zone.getByRole('button')).toHaveText([reset, disable, remove]);
      await press(disable);
      await expect(dialog(page)).toHaveAccessibleName(say(words.ask.disable_title, { name: token.name }));
      await dialog(page).getByRole('button', { name: disable, exact: true }).click();
      await expect(zone.getByRole('button')).toHaveText([reset, enable, remove]);
      await expect(page.getByRole('region', { name: words.form.summary })).toContainText(words.state.disabled);
      await press(enable);
      await dialog(page).getByRole('checkbox', { name: words.ask.reset_too }).check();
      await dialog(page).getByRole('button', { name: enable, exact: true }).click();
      await expect(dialog(page)).toHaveAccessibleName(words.secret.reset_title);
      await closeSecret(page, language);
      expect(await gate(request, token.sid, token.secret), 'the old value does not pass again').toBe(401);
      await expect(zone.getByRole('button')).toHaveText([reset, disable, remove]);

      await press(remove);
      await expect(dialog(page)).toHaveAccessibleName(say(words.ask.delete_title, { name: token.name }));
      await dialog(page).getByRole('button', { name: words.cancel }).click();
      await expect(dialog(page)).toBeHidden();
      await expect(page).toHaveURL(paths.token(token.id));
      await press(remove);
      await dialog(page).getByRole('button', { name: remove, exact: true }).click();
      await expect(page).toHaveURL(paths.tokens);
      await expect(page.getByRole('button', { name: words.done.undo })).toBeVisible();
    });
  });
}

test('a token can be read before it is edited', async ({ page }) => {
  const token = await newToken(page, { version: 2, developers: 'dev@partner.example', scopes: ['listJobs', 'getJob'] });
  await open(page, paths.token(token.id));
  const summary = page.getByRole('region', { name: en.form.summary });
  for (const text of [token.sid, en.state.enabled, 'dev@partner.example', 'Jobs 2/4']) {
    await expect(summary).toContainText(text);
  }
  const expiry = summary.locator('dl > div').filter({ hasText: en.form.expires });
  await expect(expiry.locator('dd')).toHaveText(en.form.expires_never);
  const version = `2 (${say(en.card.upgrade_hint, { number: 3 })})`;
  await expect(summary.getByText(version, { exact: true })).toBeInViewport({ ratio: 1 });
  // The text that is typed is not saved yet.
  await page.locator('#developers').fill('other@partner.example');
  await expect(count(page)).toHaveText(en.form.unsaved_one);
  await expect(summary).toContainText('dev@partner.example');
});

test('API credentials begin with the Account SID', async ({ page }) => {
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  const section = page.getByRole('region', { name: en.form.credentials });
  const sid = await section.getByText(token.sid, { exact: true }).boundingBox();
  const contact = await section.getByRole('combobox', { name: en.form.primary_contact }).boundingBox();
  expect(sid?.y ?? Infinity).toBeLessThan(contact?.y ?? 0);
});

test('what a command changes is not counted as typed', async ({ page }) => {
  const token = await newToken(page, { version: 2 });
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Mine');
  await (await openMenu(page, token.name)).getByRole('menuitem', { name: en.item.upgrade_version }).click();
  await dialog(page).getByRole('button', { name: en.item.upgrade_version }).click();
  await expect(page.getByRole('combobox', { name: en.form.api_version })).toHaveCount(0);
  await expect(page.locator('#description')).toHaveValue('Mine');
  await page.locator('#developers').fill('dev@partner.example');
  await expect(count(page)).toHaveText(say(en.form.unsaved_many, { count: 2 }));
});

test('facts and history stand beside the form if there is room', async ({ page }) => {
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  const form = page.locator('.form-section').first();
  const places = [page.getByRole('region', { name: en.form.summary }), page.getByRole('region', { name: en.audit.history })];
  for (const [width, beside] of [
    [1440, true],
    [820, false],
    [390, false],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    const right = (box: { x: number; width: number } | null): number => (box?.x ?? 0) + (box?.width ?? 0);
    const edge = right(await form.boundingBox());
    for (const place of places) {
      const box = await place.boundingBox();
      expect((box?.x ?? 0) >= edge, `beside at ${String(width)} px`).toBe(beside);
      expect(right(box)).toBeLessThanOrEqual(width);
    }
  }
});

// WCAG 2.2, 2.4.11 Focus Not Obscured.
test('on a phone the save bar covers nothing that has the focus', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 664 });
  const token = await newToken(page, { version: 2 });
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Typed');
  await expect(count(page)).toHaveText(en.form.unsaved_one);
  await page.locator('#name').focus();
  const last = page.getByRole('region', { name: en.access.danger_zone }).getByRole('button', { name: en.item.delete });
  const covered: string[] = [];
  for (let stops = 0; stops < 150; stops += 1) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(() => {
      const [focused, bar] = [document.activeElement, document.querySelector('.save-bar')];
      if (!focused || !bar || bar.contains(focused)) return null;
      const isCovered = focused.getBoundingClientRect().bottom > bar.getBoundingClientRect().top;
      return isCovered ? focused.outerHTML.slice(0, 160) : null;
    });
    if (found !== null) covered.push(found);
    if (await last.evaluate((button) => button === document.activeElement)) break;
  }
  expect(covered).toEqual([]);
  await expect(last).toBeFocused();
  await expect(last).toBeInViewport({ ratio: 1 });
});
