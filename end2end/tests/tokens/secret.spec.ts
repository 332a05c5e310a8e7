// The window with the secret: a first call that is ready to copy, and a pause before it is closed without a copy.

import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { dialog, expect, listOf, newToken, open, openMenu, signIn, test } from '../support/fixtures.ts';
import { languages, locales, wordsOf, type Language } from '../support/words.ts';

test.beforeEach(async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signIn(page, 'administrator');
});

/** Duplicates a new token in the list; returns the credentials that the window shows. */
async function shown(page: Page, language: Language = 'en'): Promise<{ sid: string; secret: string }> {
  const words = wordsOf(language);
  const token = await newToken(page);
  await open(page, listOf(token.name));
  const menu = await openMenu(page, token.name, language);
  await menu.getByRole('menuitem', { name: words.item.duplicate }).click();
  await expect(dialog(page)).toHaveAccessibleName(words.secret.created_title);
  const [sid = '', secret = ''] = await dialog(page).locator('.credentials code').allTextContents();
  return { sid, secret };
}

const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

for (const language of languages) {
  const words = wordsOf(language).secret;

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('Done pauses while the Auth Token is not copied', async ({ page }) => {
      await shown(page, language);
      const done = dialog(page).getByRole('button', { name: words.done });
      const anyway = dialog(page).getByRole('button', { name: words.close_uncopied });
      await dialog(page).getByRole('button', { name: words.copy_sid }).click();
      await expect(anyway).toBeHidden();
      // A double click, too.
      await done.dblclick();
      await expect(dialog(page).getByRole('alert').filter({ hasText: words.not_copied })).toBeVisible();
      await expect(anyway).toBeVisible();
      await dialog(page).getByRole('button', { name: words.copy_auth_token }).click();
      await expect(anyway).toBeHidden();
      await expect(dialog(page).getByText(words.not_copied)).toBeHidden();
      await done.click();
      await expect(dialog(page)).toBeHidden();
    });

    test('one button copies both credentials, and goes on saying so', async ({ page }) => {
      await page.clock.install();
      const { sid, secret } = await shown(page, language);
      const both = dialog(page).getByRole('button', { name: words.copy_both });
      await both.click();
      await expect(both).toHaveText(wordsOf(language).copied);
      expect(await clipboard(page)).toBe(`ACCOUNT_SID=${sid}\nAUTH_TOKEN=${secret}\n`);
      await page.clock.runFor(60_000);
      await expect(both).toHaveText(wordsOf(language).copied);
      await dialog(page).getByRole('button', { name: words.done }).click();
      await expect(dialog(page)).toBeHidden();
    });
  });
}

test('the curl command is a first call that succeeds', async ({ page, request }) => {
  const { sid, secret } = await shown(page);
  await dialog(page).getByRole('button', { name: wordsOf('en').secret.copy_curl }).click();
  await expect.poll(() => clipboard(page)).toContain('curl');
  const [, user, password, address = ''] = /^curl -u "(\w+):(\w+)" (http\S+)$/.exec(await clipboard(page)) ?? [];
  expect([user, password]).toEqual([sid, secret]);
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  expect((await request.get(address, { headers: { authorization } })).status()).toBe(200);
});

test('a download counts as a copy', async ({ page }) => {
  const { secret } = await shown(page);
  const downloading = page.waitForEvent('download');
  await dialog(page).getByRole('button', { name: wordsOf('en').secret.download }).click();
  expect(await readFile(await (await downloading).path(), 'utf8')).toContain(secret);
  await dialog(page).getByRole('button', { name: wordsOf('en').secret.done }).click();
  await expect(dialog(page)).toBeHidden();
});

test('text that is selected and copied counts as a copy', async ({ page }) => {
  const { secret } = await shown(page);
  await dialog(page).locator('code.secret').click(); // selects all of it
  await page.keyboard.press('Control+c');
  await expect.poll(() => clipboard(page)).toBe(secret);
  await dialog(page).getByRole('button', { name: wordsOf('en').secret.done }).click();
  await expect(dialog(page)).toBeHidden();
});
