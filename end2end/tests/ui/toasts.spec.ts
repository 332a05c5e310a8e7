// Messages: at most three at a time, in a corner, and none for a change that the card shows by itself.

import type { Page } from '@playwright/test';
import { announced, card, dialog, expect, listOf, newToken, open, openMenu, signIn, test } from '../support/fixtures.ts';
import { languages, locales, say, wordsOf, type Language } from '../support/words.ts';

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

/** Picks Disable in the token's menu, and confirms it. */
async function disable(page: Page, name: string, language: Language): Promise<void> {
  const item = wordsOf(language).item.disable;
  await (await openMenu(page, name, language)).getByRole('menuitem', { name: item, exact: true }).click();
  await dialog(page).getByRole('button', { name: item, exact: true }).click();
  await expect(dialog(page)).toBeHidden();
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('at most three messages are shown, older ones are folded', async ({ page }) => {
      const token = await newToken(page);
      await open(page, listOf(token.name));
      // Messages about failures stay until they are dismissed.
      await page.route('**/api/tokens/disable', (route) => route.fulfill({ status: 409, json: { Refused: 'Conflict' } }));
      const all = page.locator('.toast');
      const shown = all.filter({ visible: true });
      for (const count of [1, 2, 3, 4, 5]) {
        await disable(page, token.name, language);
        await expect(all).toHaveCount(count);
        await expect(shown).toHaveCount(Math.min(count, 3));
      }
      await page.getByRole('button', { name: say(words.done.more, { count: 2 }) }).click();
      await expect(shown).toHaveCount(5);
      await page.getByRole('button', { name: words.done.fewer }).click();
      await expect(shown).toHaveCount(3);

      const [box, window] = [await shown.last().boundingBox(), page.viewportSize()];
      expect(box?.width).toBeLessThanOrEqual(384);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeGreaterThan((window?.width ?? 0) - 40);

      await shown.last().getByRole('button', { name: words.done.dismiss }).click();
      await shown.last().getByRole('button', { name: words.done.dismiss }).click();
      await expect(all).toHaveCount(3);
      await expect(shown).toHaveCount(3);
      await expect(page.locator('.toasts-more')).toHaveCount(0);
    });

    test('a change that the card shows has no message', async ({ page }) => {
      const token = await newToken(page);
      await open(page, listOf(token.name));
      await disable(page, token.name, language);
      await expect(card(page, token.name).locator('.badge')).toHaveText(words.state.disabled);
      await expect(announced(page, say(words.done.disabled, { name: token.name }))).toBeAttached();
      await expect(page.locator('.toast')).toHaveCount(0);
    });
  });
}
