// Japanese on narrow screens: no line ends within a word of a button, a badge or a menu, and code has Latin letters.

import type { Page } from '@playwright/test';
import { dialog, expect, listOf, newToken, open, openMenu, paths, signIn, test, unique } from '../support/fixtures.ts';
import { locales, wordsOf } from '../support/words.ts';

const ja = wordsOf('ja');

test.use({ locale: locales.ja });

/** Returns the words of short texts that continue on another line. */
function broken(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const words = new Intl.Segmenter('ja', { granularity: 'word' });
    const found: string[] = [];
    for (const element of document.querySelectorAll('.button, .badge, .menu-item, .steps, th')) {
      const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const node = texts.currentNode;
        for (const { segment, index, isWordLike } of words.segment(node.textContent ?? '')) {
          const range = document.createRange();
          range.setStart(node, index);
          range.setEnd(node, index + segment.length);
          const lines = new Set([...range.getClientRects()].filter(({ width }) => width > 0).map(({ top }) => Math.round(top)));
          if (isWordLike && lines.size > 1) {
            found.push(`${segment} in ${node.textContent}`);
          }
        }
      }
    }
    return found;
  });
}

for (const width of [360, 390, 820]) {
  test(`short texts break between words at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 844 });
    await open(page, paths.signIn);
    expect.soft(await broken(page), paths.signIn).toEqual([]);
    await signIn(page, 'administrator');
    const token = await newToken(page, { version: 2 });
    for (const path of [paths.settings, listOf(token.name), paths.token(token.id), paths.newToken, paths.accountUsers]) {
      await open(page, path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      expect.soft(await broken(page), path).toEqual([]);
    }
    await page.goto(paths.newToken);
    await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    await page.locator('#name').fill(unique('折り返し'));
    await page.getByRole('button', { name: ja.next, exact: true }).click();
    expect.soft(await broken(page), 'the second step').toEqual([]);
    await open(page, listOf(token.name));
    const menu = await openMenu(page, token.name, 'ja');
    expect.soft(await broken(page), 'the menu').toEqual([]);
    await menu.getByRole('menuitem', { name: ja.item.duplicate }).click();
    await expect(dialog(page)).toBeVisible();
    await dialog(page).getByRole('button', { name: ja.secret.done }).click();
    await expect(dialog(page).getByRole('button', { name: ja.secret.close_uncopied })).toBeVisible();
    expect.soft(await broken(page), 'the window with the secret').toEqual([]);
  });
}

test('code names Latin fonts before the generic one', async ({ page }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await open(page, listOf(token.name));
  const families = await page.locator('.card code').evaluate((code) => getComputedStyle(code).fontFamily.split(',').map((name) => name.trim()));
  expect(families.length).toBeGreaterThan(5);
  expect(families.indexOf('monospace')).toBe(families.length - 1);
  await expect(page.locator('html')).toHaveCSS('line-break', 'strict');
});
