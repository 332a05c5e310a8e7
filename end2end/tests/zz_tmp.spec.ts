import { expect, signIn, test, type User, users } from './fixtures.ts';
for (const user of Object.keys(users) as User[]) {
  test(`signs in as ${user}`, async ({ page }) => {
    await signIn(page, user);
    await page.goto('/settings/platform-rest');
    await page.waitForLoadState('networkidle');
    await expect(page.locator('h1').first()).toBeVisible();
  });
}
