// The navigation: the pages of each role, the current one among them, and the same on a phone.

import type { Page } from '@playwright/test';
import { expect, mark, open, paths, signIn, stillMarked, test, type User } from '../support/fixtures.ts';
import { languages, locales, wordsOf, type Words } from '../support/words.ts';

const trail = '/settings/audit-trail';
const policy = '/settings/security-policy';

/** The entries of the roles: each page's name and path. */
function entries(words: Words): Record<'administrator' | 'specialist' | 'other', [string, string][]> {
  const overview: [string, string] = [words.overview.title, paths.overview];
  const tokens: [string, string] = [words.tokens.list, paths.tokens];
  const settings: [string, string] = [words.settings.title, paths.settings];
  return {
    administrator: [
      overview,
      tokens,
      [words.settings.audit_trail, trail],
      [words.users.title, paths.accountUsers],
      [words.policy.title, policy],
      settings,
    ],
    specialist: [overview, tokens, settings],
    other: [overview, settings],
  };
}

const users: Record<'administrator' | 'specialist' | 'other', User[]> = {
  administrator: ['administrator'],
  specialist: ['specialist'],
  other: ['analyst', 'finance', 'marketing'],
};

for (const language of languages) {
  const words = wordsOf(language);
  const navigation = (page: Page) => page.getByRole('navigation', { name: words.menu });
  const current = (page: Page) => navigation(page).locator('[aria-current="page"]');

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    for (const role of ['administrator', 'specialist', 'other'] as const) {
      const expected = entries(words)[role];
      for (const user of users[role]) {
        test(`${user} finds ${expected.length} pages in the navigation`, async ({ page }) => {
          await signIn(page, user);
          await open(page, paths.overview);
          await mark(page);
          await expect(navigation(page).getByRole('link')).toHaveText(expected.map(([name]) => name));
          for (const [name, path] of expected) {
            await navigation(page).getByRole('link', { name, exact: true }).click();
            await expect(page).toHaveURL(path);
            await expect(current(page)).toHaveText(name);
            await expect(page.getByRole('heading', { level: 1 })).not.toHaveText(words.not_allowed);
          }
          await stillMarked(page);
        });
      }
    }

    test('a page below an entry makes that entry the current one', async ({ page }) => {
      await signIn(page, 'administrator');
      for (const [path, name] of [
        [paths.newToken, words.tokens.list],
        [`${paths.tokens}?state=disabled`, words.tokens.list],
        [paths.tips, words.tokens.list],
        [paths.companyInformation, words.settings.title],
        ['/settings/profile', words.settings.title],
      ] as const) {
        await open(page, path);
        await expect(current(page), path).toHaveText(name);
      }
    });

    test('on a phone, the menu opens the same pages', async ({ page }) => {
      await page.setViewportSize({ width: 390, height: 780 });
      await signIn(page, 'administrator');
      await open(page, paths.overview);
      await mark(page);
      const sheet = page.locator('#menu');
      await expect(navigation(page)).toHaveCount(0);
      await page.getByRole('button', { name: words.menu, exact: true }).click();
      await expect(sheet.getByRole('link')).toHaveText(entries(words).administrator.map(([name]) => name));
      await expect(current(page)).toHaveText(words.overview.title);
      await sheet.getByRole('link', { name: words.settings.audit_trail }).click();
      await expect(page).toHaveURL(trail);
      await expect(sheet).toBeHidden();
      await stillMarked(page);
    });
  });
}

test('the current entry shows in forced colours too', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await signIn(page, 'administrator');
  await open(page, paths.overview);
  const bar = (path: string) =>
    page.locator(`.rail a[href="${path}"]`).evaluate((link) => {
      const style = getComputedStyle(link, '::before');
      return style.content === 'none' ? '' : style.borderInlineStartWidth;
    });
  expect(await bar(paths.overview)).toBe('3px');
  expect(await bar(paths.tokens)).toBe('');
});
