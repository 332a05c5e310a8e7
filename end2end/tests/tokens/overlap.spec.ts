// A reset with an overlap: the choice, the time left on card and page, and the button that stops the old value.

import { card, closeSecret, dialog, expect, gate, listOf, newToken, open, paths, signIn, test, toast } from '../support/fixtures.ts';
import { locales, say, wordsOf } from '../support/words.ts';

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('an overlap is chosen, shown and stopped', async ({ page, request }) => {
      const token = await newToken(page);
      await open(page, paths.token(token.id));
      await page.getByRole('button', { name: words.form.reset_token, exact: true }).click();
      await expect(dialog(page).getByRole('radio', { name: words.overlap.now, exact: true })).toBeChecked();
      await expect(dialog(page)).toContainText(words.ask.reset_text);
      await dialog(page).getByRole('radio', { name: words.overlap.one_day, exact: true }).check();
      await expect(dialog(page)).toContainText(words.ask.reset_overlap_text);
      await expect(dialog(page).getByRole('checkbox', { name: words.overlap.close_when_moved })).not.toBeChecked();
      await dialog(page).getByRole('button', { name: words.item.reset, exact: true }).click();
      await expect(dialog(page)).toHaveAccessibleName(words.secret.reset_title);
      const secret = (await dialog(page).locator('code.secret').textContent()) ?? '';
      await closeSecret(page, language);
      expect(await gate(request, token.sid, token.secret), 'the old value still works').toBe(200);
      expect(await gate(request, token.sid, secret)).toBe(200);

      const left = say(words.overlap.hours_left, { count: 24 });
      const credentials = page.locator('.credentials');
      const note = page.locator('.form-section .overlap-open');
      await expect(note).toHaveText(left);
      await expect(credentials).toContainText(token.secret.slice(-4));
      await expect(credentials).toContainText(secret.slice(-4));
      await open(page, listOf(token.name));
      await expect(card(page, token.name)).toContainText(left);

      await open(page, paths.token(token.id));
      // Both values were used from here: it has moved. Calls are written down once a second.
      const moved = page.getByRole('table', { name: say(words.overlap.moves, { moved: 1, all: 1 }) });
      await expect(async () => {
        await open(page, paths.token(token.id));
        await expect(moved).toBeVisible({ timeout: 2_000 });
      }).toPass();
      await credentials.getByRole('button', { name: words.item.stop_old_value, exact: true }).click();
      await expect(dialog(page)).toHaveAccessibleName(say(words.ask.stop_old_title, { name: token.name }));
      await dialog(page).getByRole('button', { name: words.item.stop_old_value, exact: true }).click();
      await expect(toast(page, say(words.done.old_stopped, { name: token.name }))).toBeVisible();
      await expect(note).toHaveCount(0);
      await expect(moved).toHaveCount(0);
      expect(await gate(request, token.sid, token.secret)).toBe(401);
      expect(await gate(request, token.sid, secret), 'the new value is not affected').toBe(200);
    });

    test('a time beyond the longest overlap is not sent', async ({ page, request }) => {
      const token = await newToken(page);
      await open(page, paths.token(token.id));
      await page.getByRole('button', { name: words.form.reset_token, exact: true }).click();
      await dialog(page).getByRole('radio', { name: words.overlap.until, exact: true }).check();
      await dialog(page).getByLabel(words.overlap.until_label, { exact: true }).fill('2099-01-01T00:00');
      await dialog(page).getByRole('button', { name: words.item.reset, exact: true }).click();
      await expect(dialog(page).getByRole('alert')).toBeVisible();
      await expect(dialog(page)).toHaveAccessibleName(say(words.ask.reset_title, { name: token.name }));
      expect(await gate(request, token.sid, token.secret)).toBe(200);
    });
  });
}
