// The page of all UI parts, for those who work on them.

import { axe } from '../support/axe.ts';
import { debug } from '../support/build.ts';
import { expect, running, test } from '../support/fixtures.ts';
import { wordsOf } from '../support/words.ts';

test('only a debug build has the page of all parts', async ({ page }) => {
  await page.goto('/parts');
  await running(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(debug ? 'Parts' : wordsOf('en').page_not_found);
  if (debug) {
    await axe(page, 'all parts');
    await page.getByRole('button', { name: 'Wide dialog' }).click();
    await expect(page.getByRole('dialog', { name: 'A dialog' })).toBeVisible();
  }
});
