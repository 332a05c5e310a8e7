// The scope picker: presets, the search, folded categories, and what is read or written.

import type { Locator, Page } from '@playwright/test';
import { expect, newToken, open, paths, signIn, test, unfold, unique } from '../support/fixtures.ts';
import { languages, locales, say, wordsOf } from '../support/words.ts';

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

const categories = (page: Page): Locator => page.locator('.category').filter({ visible: true });
const operations = (page: Page): Locator => page.locator('.category .choice').filter({ visible: true });
const chosen = (page: Page): Locator => page.locator('input[name="form[scopes][]"]:checked');
const operation = (page: Page, id: string): Locator => page.locator(`input[value="${id}"]`);

/** Opens the last step of a new token. */
async function toScopes(page: Page, language: 'en' | 'ja'): Promise<void> {
  const next = page.getByRole('button', { name: wordsOf(language).next, exact: true });
  await open(page, paths.newToken);
  await page.locator('#name').fill(unique('Picked'));
  await next.click();
  await next.click();
  await expect(page.locator('.scopes')).toBeVisible();
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('the search shows the operations that it finds', async ({ page }) => {
      await toScopes(page, language);
      await expect(categories(page)).toHaveCount(6);
      await expect(operations(page)).toHaveCount(0);
      const search = page.getByRole('searchbox', { name: words.form.search_scopes });
      await search.fill(language === 'en' ? 'replay job' : 'ジョブ 再実行');
      await expect(operations(page)).toHaveCount(1);
      await expect(operation(page, 'replayJob')).toBeVisible();
      await expect(categories(page)).toHaveCount(1);
      await operation(page, 'replayJob').check();
      await search.fill('no such operation');
      await expect(page.getByText(words.form.no_scope_found)).toBeVisible();
      await expect(categories(page)).toHaveCount(0);
      // Operations that are not shown stay chosen.
      await search.fill('');
      await expect(categories(page)).toHaveCount(6);
      await expect(chosen(page)).toHaveValue('replayJob');
    });

    test('Enter in the search sends nothing', async ({ page }) => {
      await toScopes(page, language);
      const search = page.getByRole('searchbox', { name: words.form.search_scopes });
      await search.fill('jobs');
      await search.press('Enter');
      await expect(operations(page)).toHaveCount(4);
      await expect(page.locator('#scopes-error')).toHaveText('');
    });

    test('presets choose by what is read and by purpose', async ({ page }) => {
      await toScopes(page, language);
      const clear = page.getByRole('button', { name: words.form.clear_all });
      await expect(clear).toBeHidden();
      const readOnly = page.getByRole('button', { name: words.form.preset_read_only, exact: true });
      await readOnly.click();
      await expect(readOnly).toHaveAttribute('aria-pressed', 'true');
      await unfold(page);
      const written = page.locator('.choice').filter({ hasText: words.form.writes });
      await expect(written.locator('input:checked')).toHaveCount(0);
      await expect(page.locator('.choice').filter({ has: page.locator('code', { hasText: /^GET / }) }).locator('input:not(:checked)')).toHaveCount(0);
      await page.getByRole('button', { name: words.form.preset_reports, exact: true }).click();
      await expect(readOnly).toHaveAttribute('aria-pressed', 'false');
      await expect(chosen(page)).toHaveCount(8);
      await expect(operation(page, 'exportReport')).toBeChecked();
      await clear.click();
      await expect(clear).toBeHidden();
      await expect(page.locator('#scopes-count')).toBeFocused();
      await expect(page.locator('#scopes-count')).toHaveText(say(words.form.chosen_many, { count: 0 }));
    });
  });
}

test('each operation says whether it reads or writes', async ({ page }) => {
  const { reads, writes } = wordsOf('en').form;
  await toScopes(page, 'en');
  await unfold(page);
  for (const row of await page.locator('.choice').filter({ has: page.locator('input[name="form[scopes][]"]') }).all()) {
    const method = (await row.locator('code').textContent())?.split(' ')[0];
    await expect(row.locator('.access')).toHaveText(method === 'GET' ? reads : writes);
  }
});

test('arrow keys move within a category', async ({ page }) => {
  await toScopes(page, 'en');
  await unfold(page);
  await operation(page, 'listJobs').focus();
  await page.keyboard.press('ArrowDown');
  await expect(operation(page, 'getJob')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(operation(page, 'listJobs')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(operation(page, 'listJobs')).toBeFocused();
  await page.keyboard.press('Space');
  await expect(operation(page, 'listJobs')).toBeChecked();
});

test('a category of which a part is chosen is unfolded', async ({ page }) => {
  const token = await newToken(page, { scopes: ['listJobs', 'listAdvertisers', 'getAdvertiser'] });
  await open(page, paths.token(token.id));
  await expect(operation(page, 'getJob')).toBeVisible();
  await expect(operation(page, 'getAdvertiser')).toBeHidden();
  await expect(operation(page, 'runReport')).toBeHidden();
  await expect(chosen(page)).toHaveCount(3);
});
