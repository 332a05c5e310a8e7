// The questions before a change: which calls of the last days it would have refused.

import { axe } from '../support/axe.ts';
import { dialog, expect, gate, newToken, open, paths, signIn, test, toast, unfold } from '../support/fixtures.ts';
import { locales, say, wordsOf } from '../support/words.ts';

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('a question says which calls it would have refused', async ({ page, request }) => {
      const token = await newToken(page);
      const disable = page.locator('.token-danger').getByRole('button', { name: words.item.disable, exact: true });
      await open(page, paths.token(token.id));
      await disable.click();
      await expect(dialog(page)).toContainText(words.rehearsal.never);
      await dialog(page).getByRole('button', { name: words.cancel, exact: true }).click();
      expect(await gate(request, token.sid, token.secret)).toBe(200);

      // Calls are written down once a second.
      const [calls, networks] = [words.rehearsal.calls_one, words.rehearsal.networks_one];
      const refused = say(words.rehearsal.refused, { calls, networks });
      await expect(async () => {
        await open(page, paths.token(token.id));
        await disable.click();
        await expect(dialog(page)).toContainText(refused, { timeout: 2_000 });
      }).toPass();
      await expect(dialog(page)).toContainText('127.0.0.1');
      await axe(page, 'with the calls');
      const link = dialog(page).getByRole('link');
      await expect(link).toHaveCount(1);
      await expect(link).toHaveAttribute('href', /\?operation=[A-Za-z]+#usage$/);
    });

    test('fewer scopes are rehearsed first, then enforced', async ({ page, request }) => {
      const token = await newToken(page, { scopes: ['getCompanyInformation', 'listJobs'] });
      await open(page, paths.token(token.id));
      await unfold(page);
      await page.locator('input[value="getCompanyInformation"]').uncheck();
      await page.getByRole('button', { name: words.form.update, exact: true }).click();
      await dialog(page).getByRole('button', { name: words.trial.begin, exact: true }).click();
      await expect(toast(page, words.trial.begun)).toBeVisible();
      const trials = page.getByRole('region', { name: words.trial.title });
      await expect(trials).toContainText(words.trial.no_calls);
      expect(await gate(request, token.sid, token.secret), 'nothing is enforced').toBe(200);
      // Calls are written down once a second.
      await expect(async () => {
        await open(page, paths.token(token.id));
        await expect(trials).toContainText(words.trial.one_call, { timeout: 2_000 });
      }).toPass();
      await axe(page, 'with a trial');
      await trials.getByRole('button', { name: words.trial.enforce, exact: true }).click();
      await expect(toast(page, say(words.trial.enforced, { name: token.name }))).toBeVisible();
      await expect(trials).toHaveCount(0);
      expect(await gate(request, token.sid, token.secret)).toBe(403);
    });
  });
}
