// What every test builds on: a page whose faults fail the test, and signing in as one of the demo users.

import { test as base, expect, type Page } from '@playwright/test';

export { expect };

/** The password of every demo user. */
export const password = 'kagitaba-demo-2026';

/** The demo users' e-mail addresses by role, and the administrator of an agency that has not enabled API access. */
export const users = {
  administrator: 'admin@hoshi-oak.example',
  specialist: 'specialist@hoshi-oak.example',
  analyst: 'analyst@hoshi-oak.example',
  finance: 'finance@hoshi-oak.example',
  marketing: 'marketing@hoshi-oak.example',
  otherAdministrator: 'admin@kita-media.example',
} as const;

export type User = keyof typeof users;

/** As Playwright's `test`; a script error, hydration that does not match or a policy violation fails it. */
export const test = base.extend({
  page: async ({ page }, use) => {
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      // The browser itself reports every answer with an error's status. Refusals (4xx) are what some tests are about.
      const refusal = /^Failed to load resource: .* status of 4\d\d/.test(message.text());
      const hydration = message.type() === 'warning' && /hydrat/i.test(message.text());
      if ((message.type() === 'error' && !refusal) || hydration) {
        faults.push(`${page.url()}: ${message.text()}`);
      }
    });
    await use(page);
    expect(faults, 'faults that the browser reported').toEqual([]);
  },
});

/** Signs in on the page, in either language, and waits until that has led on. */
export async function signIn(page: Page, user: User): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel(/^(E-mail address|メールアドレス)$/).fill(users[user]);
  await page.getByLabel(/^(Password|パスワード)$/).fill(password);
  await page.getByRole('button', { name: /^(Sign in|サインイン)$/ }).click();
  await expect(page).not.toHaveURL(/\/sign-in/);
}
