// Takes the pictures in README.

import { expect, signIn, test } from '../support/fixtures.ts';

test.use({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 });

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the token list is pictured in ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await signIn(page, 'administrator');
    await page.goto('/settings/platform-rest?state=enabled&sort=last-used');
    await page.getByRole('button', { name: /^More/ }).nth(1).click();
    await expect(page.getByRole('menuitem', { name: 'Duplicate' })).toBeFocused();
    await page.screenshot({ path: `pictures/tokens-${colorScheme}.png` });
  });
}
