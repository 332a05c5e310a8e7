// The page of a token: the bar that counts what is not saved.

import type { Locator, Page } from '@playwright/test';
import { announced, dialog, expect, newToken, open, openMenu, paths, signIn, test, unfold } from '../support/fixtures.ts';
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
  });
}

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

// WCAG 2.2, 2.4.11 Focus Not Obscured.
test('on a phone the save bar covers nothing that has the focus', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 664 });
  const token = await newToken(page, { version: 2 });
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Typed');
  await expect(count(page)).toHaveText(en.form.unsaved_one);
  await page.locator('#name').focus();
  const last = page.getByRole('region', { name: en.try_it.title }).getByRole('button', { name: en.try_it.send });
  const covered: string[] = [];
  for (let stops = 0; stops < 100; stops += 1) {
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
