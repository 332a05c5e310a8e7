// Pages on a phone: the menu and the filters are sheets, and no page scrolls sideways.

import type { Page } from '@playwright/test';
import { closeSecret, dialog, expect, listOf, mark, names, newToken, open, openMenu, paths, signIn, stillMarked, test, unique } from '../support/fixtures.ts';
import { locales, wordsOf } from '../support/words.ts';

/** Fails if the page scrolls sideways; names the elements that are too wide. */
async function fits(page: Page, what: string): Promise<void> {
  const beyond = await page.evaluate(() => {
    const root = document.documentElement;
    const wide = [...document.querySelectorAll<HTMLElement>('body *')].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.right > root.clientWidth + 1 && !element.closest('pre, .visually-hidden, [popover]');
    });
    return { by: root.scrollWidth - root.clientWidth, first: wide.slice(0, 3).map((element) => element.outerHTML.slice(0, 160)) };
  });
  expect.soft(beyond.by, `${what} at ${page.viewportSize()?.width} px: ${beyond.first.join('\n')}`).toBeLessThanOrEqual(0);
}

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);

  for (const width of [360, 390]) {
    test.describe(`In ${locales[language]}, ${width} px wide`, () => {
      test.use({ locale: locales[language], viewport: { width, height: 780 }, hasTouch: true });

      test('no page scrolls sideways, not even with a long name', async ({ page }) => {
        await open(page, paths.signIn);
        await fits(page, paths.signIn);
        await signIn(page, 'administrator');
        const token = await newToken(page, {
          name: `${unique('Long')}${'W'.repeat(80)}`,
          description: 'd'.repeat(300),
          version: 2,
          developers: `${'a'.repeat(60)}@${'b'.repeat(60)}.example`,
          scopes: ['listAdvertisers', 'getCompanyInformation', 'createComplianceContent', 'listJobs', 'exportReport'],
        });
        for (const path of [
          paths.overview,
          paths.settings,
          listOf(token.name),
          `${paths.tokens}?name=no+such+name`,
          paths.tips,
          paths.newToken,
          paths.token(token.id),
          paths.token(crypto.randomUUID()),
          '/no-such-page',
        ]) {
          await open(page, path);
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
          await fits(page, path);
        }
        await open(page, listOf(token.name));
        await openMenu(page, token.name, language);
        await fits(page, 'the menu');
        for (const item of await page.getByRole('menuitem').all()) {
          await expect(item).toBeInViewport({ ratio: 1 });
        }
        await page.getByRole('menuitem', { name: words.item.duplicate }).click();
        await expect(dialog(page)).toBeInViewport({ ratio: 1 });
        await fits(page, 'the window with the secret');
        await closeSecret(page, language);
        await expect(page.locator('.toast')).toBeInViewport({ ratio: 1 });
        await fits(page, 'the message');
      });
    });
  }

  test.describe(`In ${locales[language]}, on a phone`, () => {
    test.use({ locale: locales[language], viewport: { width: 390, height: 780 } });

    test('the menu is a sheet that leads to the settings', async ({ page }) => {
      await signIn(page, 'administrator');
      await open(page, `${paths.tokens}?name=data`);
      await mark(page);
      const sheet = page.locator('#menu');
      await expect(sheet).toBeHidden();
      await expect(page.getByRole('link', { name: words.settings.title, exact: true })).toHaveCount(1); // the back link
      await page.getByRole('button', { name: words.menu, exact: true }).click();
      await expect(sheet).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(sheet).toBeHidden();
      await page.getByRole('button', { name: words.menu, exact: true }).click();
      await sheet.getByRole('link', { name: words.settings.title }).click();
      await expect(page).toHaveURL(paths.settings);
      await expect(sheet).toBeHidden();
      await stillMarked(page);
    });

    test('the filters are a sheet that updates the list', async ({ page }) => {
      await signIn(page, 'administrator');
      await open(page, paths.tokens);
      await mark(page);
      const sheet = page.locator('#filters');
      const button = page.getByRole('button', { name: words.filter.show });
      await expect(sheet).toBeHidden();
      await button.click();
      await expect(sheet).toBeVisible();
      await expect(sheet).toBeInViewport({ ratio: 1 });
      await sheet.getByRole('radio', { name: words.state.disabled }).check();
      await sheet.getByRole('searchbox', { name: words.filter.name }).fill('tax');
      await expect(names(page)).toHaveText(['Tax export 2025']);
      await expect(sheet).toBeVisible();
      // A click beside the sheet closes it.
      await page.getByRole('heading', { level: 1 }).click();
      await expect(sheet).toBeHidden();
      await expect(button).toContainText('2');
      await expect(page).toHaveURL(`${paths.tokens}?name=tax&state=disabled`);
      await button.click();
      await sheet.getByRole('link', { name: words.filter.clear_all }).click();
      await expect(page).toHaveURL(paths.tokens);
      await page.keyboard.press('Escape');
      await expect(button).not.toContainText('2');
      await stillMarked(page);
    });
  });
}
