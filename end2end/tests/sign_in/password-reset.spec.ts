// Forgotten passwords: the link by mail, the link that an administrator makes, and the page of both.

import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { dialog, expect, open, openMenu, password, paths, running, sameOrigin, test, users } from '../support/fixtures.ts';
import { closeMailbox, mailed, openMailbox, parts } from '../support/mailbox.ts';
import { givePassword, newUser } from '../support/people.ts';
import { freePort, kagitaba, logOf, type Server } from '../support/servers.ts';
import { locales, say, wordsOf, type Words } from '../support/words.ts';

const forgotten = '/sign-in/forgotten';
const fresh = 'three small paper lanterns';

let server: Server;

test.beforeAll(async () => {
  server = await kagitaba('password-reset', await freePort(), await openMailbox());
});

test.afterAll(async () => {
  await server?.stop();
  await closeMailbox();
});

/** Waits for the message to that address and returns the link in it. */
async function mailedLink(email: string): Promise<string> {
  const has = expect.poll(() => mailed.has(email), { message: `a letter for ${email}`, timeout: 60_000 }).toBe(true);
  await has.catch((missing: Error) => {
    throw new Error(`${missing.message}\n\nThe server says:\n${readFileSync(logOf('password-reset'), 'utf8')}`);
  });
  const link = /https?:\/\/[^\s"<]+\/new-password\/[A-Za-z0-9]+/.exec(parts(mailed.get(email) ?? ''))?.[0] ?? '';
  mailed.delete(email);
  expect(link).toContain('/new-password/');
  return link;
}

/** Sets the password on the open page of the link. */
async function set(page: Page, words: Words, chosen: string): Promise<void> {
  await page.getByLabel(words.profile.new).fill(chosen);
  await page.getByRole('button', { name: words.new_password.save }).click();
}

/** Signs in on the open sign-in page. */
async function enter(page: Page, words: Words, email: string, chosen: string): Promise<void> {
  await page.getByLabel(words.sign_in.email).fill(email);
  await page.getByLabel(words.sign_in.password).fill(chosen);
  await page.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
}

const whose = { en: users.finance, ja: users.specialist } as const;

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('a forgotten password is replaced by a mailed link', async ({ page }) => {
      const email = whose[language];
      await open(page, `${server.origin}${paths.signIn}`);
      await page.getByRole('link', { name: words.forgotten.link }).click();
      await expect(page).toHaveTitle(`${words.forgotten.title} – Kagitaba`);
      await axe(page, 'forgotten');
      await page.getByLabel(words.sign_in.email).fill(email.toUpperCase());
      await page.getByRole('button', { name: words.forgotten.send }).click();
      await expect(page.getByRole('main').getByRole('status')).toHaveText(words.forgotten.sent);
      await axe(page, 'sent');

      await open(page, await mailedLink(email));
      await expect(page.getByLabel(words.sign_in.email)).toHaveValue(email);
      await axe(page, 'a new password');
      await set(page, words, 'password1234');
      await expect(page.getByRole('main').getByRole('alert')).toContainText(words.problem.easy_to_guess);
      const link = page.url();
      await set(page, words, fresh);
      await expect(page.getByText(words.new_password.done)).toBeVisible();
      await running(page);
      await axe(page, 'signing in with it');
      await enter(page, words, email, fresh);
      await expect(page).toHaveURL(`${server.origin}${paths.overview}`);
      expect((await page.goto(link))?.status()).toBe(404);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.new_password.over_title);
      await axe(page, 'over');
    });

    test('an unknown address gets the same answer', async ({ page }) => {
      await open(page, `${server.origin}${forgotten}`);
      await page.getByLabel(words.sign_in.email).fill(`nobody-${language}@nowhere.example`);
      await page.getByRole('button', { name: words.forgotten.send }).click();
      await expect(page.getByRole('main').getByRole('status')).toHaveText(words.forgotten.sent);
    });

    test('without mail, the administrator is shown the link', async ({ page, anotherPage }) => {
      const { account } = newUser();
      const { email } = newUser({ name: 'Ren Ito', account });
      const { email: administrator } = newUser({ name: 'Aoi Abe', account });
      await givePassword(page, administrator);
      await open(page, paths.accountUsers);
      const row = page.getByRole('row', { name: /Ren Ito/ });
      const item = (name: string) => page.getByRole('menuitem', { name, exact: true });
      await openMenu(page, 'Ren Ito', language);
      await item(words.reset_link.button).click();
      await expect(dialog(page)).toContainText(say(words.reset_link.ask_text, { name: 'Ren Ito' }));
      await axe(page, 'asking', 'dialog[open]');
      await dialog(page).getByRole('button', { name: words.reset_link.make }).click();
      await expect(dialog(page)).toHaveAccessibleName(say(words.reset_link.title, { email }));
      await expect(dialog(page)).toContainText(say(words.reset_link.warning, { email }));
      await axe(page, 'the link', 'dialog[open]');
      await page.keyboard.press('Escape');
      const link = (await dialog(page).locator('code').textContent()) ?? '';
      await dialog(page).getByRole('button', { name: words.secret.done }).click();
      await expect(dialog(page)).toHaveCount(0);
      await openMenu(page, 'Ren Ito', language);
      await item(words.users.deactivate).click();
      await dialog(page).getByRole('button', { name: words.users.deactivate, exact: true }).click();
      await expect(row).toContainText(words.users.deactivated);
      await openMenu(page, 'Ren Ito', language);
      await expect(item(words.users.reinstate)).toBeVisible();
      await expect(item(words.reset_link.button)).toHaveCount(0);

      const other = await anotherPage({ locale: locales[language] });
      expect((await other.goto(link))?.status(), 'who is deactivated has no link').toBe(404);
      await other.goto('about:blank');
    });
  });
}

test('with mail, the administrator is not shown the link', async ({ page, anotherPage }) => {
  const words = wordsOf('en');
  const form = { email: users.administrator, password };
  await page.request.post(`${server.origin}/api/session/sign_in`, { form, headers: sameOrigin });
  await open(page, `${server.origin}${paths.accountUsers}`);
  const row = page.getByRole('row').filter({ hasText: users.analyst });
  await row.getByRole('button').click();
  await page.getByRole('menuitem', { name: words.reset_link.button, exact: true }).click();
  await dialog(page).getByRole('button', { name: words.reset_link.make }).click();
  await expect(dialog(page)).toContainText(say(words.reset_link.mailed, { email: users.analyst }));
  await expect(dialog(page).locator('code')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  const other = await anotherPage();
  await open(other, await mailedLink(users.analyst));
  await set(other, words, fresh);
  await expect(other.getByText(words.new_password.done)).toBeVisible();
});

test.describe('Without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('plain forms request the mail and set the password', async ({ page }) => {
    const words = wordsOf('en');
    await page.goto(`${server.origin}${forgotten}`);
    await page.getByLabel(words.sign_in.email).fill(users.marketing);
    await page.getByRole('button', { name: words.forgotten.send }).click();
    await expect(page.getByRole('main').getByRole('status')).toHaveText(words.forgotten.sent);
    await page.goto(await mailedLink(users.marketing));
    await set(page, words, 'password1234');
    await expect(page.getByRole('main').getByRole('alert')).toContainText(words.problem.easy_to_guess);
    await set(page, words, fresh);
    await expect(page.getByText(words.new_password.done)).toBeVisible();
    await enter(page, words, users.marketing, fresh);
    await expect(page).toHaveURL(`${server.origin}${paths.overview}`);
  });
});

test('without mail, the page says whom to ask', async ({ page }) => {
  const words = wordsOf('en');
  await open(page, paths.signIn);
  await expect(page.getByRole('link', { name: words.forgotten.link })).toHaveCount(0);
  await open(page, forgotten);
  await expect(page.getByText(words.forgotten.no_mail)).toBeVisible();
});
