// Two-step sign-in: setup on the profile, the second step, recovery codes, and accounts that require it.

import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { call, dialog, expect, open, paths, signIn, test, toast } from '../support/fixtures.ts';
import { givePassword, newUser, ownPassword, requireSecondFactor } from '../support/people.ts';
import { languages, locales, say, wordsOf, type Words } from '../support/words.ts';

const profile = '/settings/profile';
const secondStep = '/sign-in/second-step';

/** Returns the code of an authenticator app (RFC 6238), `steps` periods of 30 seconds from now. */
function codeOf(secret: string, steps = 0): string {
  const bits = [...secret.replaceAll(' ', '')]
    .map((character) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

/** Sets up an authenticator on the open profile page; returns its secret and the recovery codes. */
async function setUp(page: Page, words: Words): Promise<{ secret: string; codes: string[] }> {
  await page.getByRole('button', { name: words.second_factor.set_up }).click();
  const secret = (await page.locator('.qr-secret code').textContent()) ?? '';
  await page.getByLabel(words.second_factor.first_code).fill(codeOf(secret));
  await page.getByRole('button', { name: words.second_factor.confirm, exact: true }).click();
  const window = page.getByRole('dialog', { name: words.second_factor.codes });
  await expect(window.locator('li')).toHaveCount(10);
  return { secret, codes: await window.locator('li code').allTextContents() };
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`in ${language}`, () => {
    test.use({ locale: locales[language] });

    test('a second factor is set up, asked for and switched off', async ({ page, anotherPage }) => {
      test.slow();
      const { email } = newUser();
      expect(await givePassword(page, email)).toBe(paths.overview);
      await open(page, profile);
      await page.getByRole('button', { name: words.second_factor.set_up }).click();
      await expect(page.getByRole('img', { name: words.second_factor.qr_code })).toBeVisible();
      await axe(page, 'while it is set up');
      await page.getByLabel(words.second_factor.first_code).fill('000000');
      await page.getByRole('button', { name: words.second_factor.confirm, exact: true }).click();
      await expect(page.getByText(words.error.wrong_code)).toBeVisible();
      await page.getByRole('button', { name: words.cancel, exact: true }).first().click();
      const { secret, codes } = await setUp(page, words);
      await expect(dialog(page)).toContainText(words.second_factor.codes_warning_first);
      await expect(dialog(page), 'there are no earlier ones').not.toContainText(words.second_factor.codes_warning);

      await axe(page, 'recovery codes');
      const downloading = page.waitForEvent('download');
      await dialog(page).getByRole('button', { name: words.second_factor.download }).click();
      const file = await readFile(await (await downloading).path(), 'utf8');
      expect(file.trim().split('\n')).toEqual(codes);
      await page.keyboard.press('Escape');
      await expect(dialog(page), 'nobody could show them again').toBeVisible();
      await dialog(page).getByRole('button', { name: words.second_factor.done }).click();
      await expect(page.getByText(say(words.second_factor.codes_left, { count: 10 }))).toBeVisible();
      await axe(page, 'once it is set up');

      // Another browser needs both steps to sign in.
      const other = await anotherPage();
      await open(other, `${paths.signIn}?next=${encodeURIComponent(profile)}`);
      await other.getByLabel(words.sign_in.email).fill(email);
      await other.getByLabel(words.sign_in.password).fill(ownPassword);
      await other.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
      await expect(other).toHaveURL((url) => url.pathname === secondStep);
      await other.locator('html[data-hydrated]').waitFor({ state: 'attached' });
      await axe(other, 'the second step');
      await other.getByLabel(words.second_step.code).fill('no code');
      await other.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
      await expect(other.getByText(words.error.wrong_code)).toBeVisible();
      await other.getByLabel(words.second_step.code).fill(codeOf(secret, 1));
      await other.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
      await expect(other).toHaveURL(profile);
      await expect(other.getByRole('heading', { level: 1, name: words.profile.title })).toBeVisible();

      await page.getByRole('button', { name: words.second_factor.off, exact: true }).click();
      await dialog(page).getByRole('button', { name: words.second_factor.off, exact: true }).click();
      await expect(toast(page, words.second_factor.off_done)).toBeVisible();
      await expect(page.getByRole('button', { name: words.second_factor.set_up })).toBeVisible();
      expect(await givePassword(await anotherPage(), email)).toBe(paths.overview);
    });

    test('without wasm, a recovery code signs in once', async ({ page, anotherPage }) => {
      const { email } = newUser();
      await givePassword(page, email);
      await open(page, profile);
      const { codes } = await setUp(page, words);
      const plain = await anotherPage({ javaScriptEnabled: false });
      for (const [code, passes] of [
        [codes[0]?.toUpperCase() ?? '', true],
        [codes[0] ?? '', false],
        [codes[1] ?? '', true],
      ] as const) {
        await plain.context().clearCookies();
        await plain.goto(`${paths.signIn}?next=${encodeURIComponent(profile)}`);
        await plain.getByLabel(words.sign_in.email).fill(email);
        await plain.getByLabel(words.sign_in.password).fill(ownPassword);
        await plain.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
        await plain.getByLabel(words.second_step.code).fill(code);
        await plain.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
        if (passes) {
          await expect(plain).toHaveURL(profile);
        } else {
          await expect(plain.getByText(words.error.wrong_code)).toBeVisible();
        }
      }
      await expect(plain.getByText(say(words.second_factor.codes_left, { count: 8 }))).toBeVisible();
    });

    test('a required second factor leaves only its setup open', async ({ page, anotherPage }) => {
      const { email, account } = newUser();
      await givePassword(page, email);
      await open(page, profile);
      await setUp(page, words);
      await requireSecondFactor(page);

      const other = await anotherPage({ viewport: { width: 390, height: 844 } });
      await givePassword(other, newUser({ account }).email);
      await open(other, paths.tokens);
      await expect(other).toHaveURL(profile);
      await expect(other.getByText(words.second_factor.required)).toBeVisible();
      await expect(other.getByLabel(words.profile.old)).toBeHidden();
      expect((await call(other, 'tokens/people', {})).status()).toBe(403);
      await axe(other, 'setting up');
      await other.locator('a.brand').click();
      await expect(other).toHaveURL(profile);
      await other.locator('html[data-hydrated]').waitFor({ state: 'attached' });
      await setUp(other, words);
      const width = await other.evaluate(() => document.documentElement.scrollWidth);
      expect(width, 'nothing sticks out').toBeLessThanOrEqual(390);
      await other.getByRole('button', { name: words.second_factor.done }).click();
      await expect(other).toHaveURL(paths.overview);
      expect((await call(other, 'tokens/people', {})).status()).toBe(200);
    });
  });
}

test('the second step without a first one links to sign-in', async ({ page }) => {
  const words = wordsOf('en');
  await open(page, `${secondStep}?next=%2Fsettings%2Fprofile`);
  await expect(page.getByText(words.error.sign_in_over)).toBeVisible();
  await page.getByRole('link', { name: words.second_step.again }).click();
  await expect(page).toHaveURL('/sign-in?next=%2Fsettings%2Fprofile');
});

test('a demo user signs in with the password alone', async ({ page }) => {
  await signIn(page, 'administrator');
  await open(page, profile);
  await expect(page.getByRole('button', { name: wordsOf('en').second_factor.set_up })).toBeVisible();
});
