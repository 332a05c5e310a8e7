// Passkeys on Chromium's virtual authenticator: adding, sign-in, second step, step-up and removal.

import type { CDPSession, Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { call, dialog, expect, listOf, newToken, open, openMenu, paths, running, sameOrigin, test, toast } from '../support/fixtures.ts';
import { age, givePassword, newUser, ownPassword, requireSecondFactor } from '../support/people.ts';
import { languages, locales, say, wordsOf, type Words } from '../support/words.ts';

const profile = '/settings/profile';
const secondStep = '/sign-in/second-step';

// WebAuthn needs a domain: an IP address is no relying party id.
test.use({ baseURL: `http://localhost:${process.env['KAGITABA_E2E_PORT'] ?? '3174'}` });

/**
 * Adds a virtual authenticator that stores passkeys and verifies its owner without asking. It would answer by itself if
 * passkeys were offered in the autofill, so the browser says that it can't do that.
 */
async function device(page: Page): Promise<{ cdp: CDPSession; authenticatorId: string }> {
  await page.addInitScript(() => {
    if ('PublicKeyCredential' in window) {
      PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
    }
  });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, authenticatorId };
}

/** Adds a passkey on the open profile page. */
async function add(page: Page, words: Words, name: string): Promise<void> {
  await page.getByRole('button', { name: words.passkey.add }).click();
  await page.getByLabel(words.passkey.name).fill(name);
  await page.getByRole('button', { name: words.passkey.create }).click();
  await expect(toast(page, words.passkey.added)).toBeVisible();
}

async function signOut(page: Page): Promise<void> {
  await page.request.post('/api/session/sign_out', { form: {}, headers: sameOrigin });
  await open(page, `${paths.signIn}?next=${encodeURIComponent(profile)}`);
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`in ${language}`, () => {
    test.use({ locale: locales[language] });

    test('a passkey is added, signs in both ways and is removed', async ({ page }) => {
      test.slow();
      const { cdp, authenticatorId } = await device(page);
      const { email } = newUser();
      expect(await givePassword(page, email)).toBe(paths.overview);
      await open(page, profile);
      await page.getByRole('button', { name: words.passkey.add }).click();
      await expect(page.getByLabel(words.passkey.name)).toHaveValue(/^Chrome, /);
      await axe(page, 'naming a passkey');
      await page.getByLabel(words.passkey.name).fill('   ');
      await page.getByRole('button', { name: words.passkey.create }).click();
      await expect(page.locator('#second-factor').getByRole('alert')).toContainText(words.problem.required);
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
      expect(credentials, 'none that nobody would know').toEqual([]);
      await page.getByRole('button', { name: words.cancel, exact: true }).first().click();
      await add(page, words, 'Work laptop');
      await expect(dialog(page).locator('li')).toHaveCount(10);
      await dialog(page).getByRole('button', { name: words.second_factor.done }).click();
      const row = page.locator('li', { hasText: 'Work laptop' });
      await expect(row).toContainText(words.passkey.never);
      await axe(page, 'with a passkey');
      await page.getByRole('button', { name: words.passkey.add }).click();
      await page.getByRole('button', { name: words.passkey.create }).click();
      await expect(page.getByText(words.error.passkey_known)).toBeVisible();
      await page.getByRole('button', { name: words.cancel, exact: true }).first().click();

      await signOut(page);
      await axe(page, 'signing in');
      await page.getByRole('button', { name: words.passkey.sign_in }).click();
      await expect(page).toHaveURL(profile);
      await expect(row).toContainText(words.passkey.used);

      await signOut(page);
      await page.getByLabel(words.sign_in.email).fill(email);
      await page.getByLabel(words.sign_in.password).fill(ownPassword);
      await page.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
      await expect(page).toHaveURL((url) => url.pathname === secondStep);
      await running(page);
      await expect(page.getByText(words.second_step.hint_recovery)).toBeVisible();
      await axe(page, 'the second step');
      await page.getByRole('button', { name: words.passkey.go_on }).click();
      await expect(page).toHaveURL(profile);
      await running(page);

      await page.getByRole('button', { name: say(words.passkey.remove_named, { name: 'Work laptop' }) }).click();
      await expect(dialog(page)).toContainText(words.second_factor.off_text);
      await dialog(page).getByRole('button', { name: words.passkey.remove, exact: true }).click();
      await expect(toast(page, words.passkey.removed)).toBeVisible();
      await expect(row).toHaveCount(0);
      await signOut(page);
      await page.getByRole('button', { name: words.passkey.sign_in }).click();
      await expect(page.getByText(words.error.wrong_passkey)).toBeVisible();
      expect(await givePassword(page, email)).toBe(paths.overview);
    });

    test('a passkey replaces the password at step-up', async ({ page }) => {
      const { cdp, authenticatorId } = await device(page);
      const { email } = newUser();
      await givePassword(page, email);
      expect((await call(page, 'account/enable_api_access', {})).status()).toBe(200);
      await open(page, profile);
      await add(page, words, 'Work laptop');
      const token = await newToken(page);
      age(email);
      await open(page, listOf(token.name));
      await openMenu(page, token.name, language);
      await page.getByRole('menuitem', { name: words.item.reset, exact: true }).click();
      await dialog(page).getByRole('button', { name: words.item.reset, exact: true }).click();
      const window = page.getByRole('dialog', { name: words.step_up.title });
      const button = window.getByRole('button', { name: words.passkey.instead });
      await expect(button).toBeVisible();
      await axe(page, 'password or passkey');
      // A person whom the device does not verify.
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
      await button.click();
      await expect(window.getByRole('alert')).toContainText(words.error.passkey_not_given);
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
      await button.click();
      await expect(page.getByRole('dialog', { name: words.secret.reset_title })).toBeVisible();
    });
  });
}

test('a passkey whose toJSON throws is added and signs in', async ({ page }) => {
  const words = wordsOf('en');
  // Some password managers return objects on which the browser's own toJSON throws.
  await page.addInitScript(() => {
    PublicKeyCredential.prototype.toJSON = () => {
      throw new TypeError('Illegal invocation');
    };
  });
  await device(page);
  await givePassword(page, newUser().email);
  await open(page, profile);
  await add(page, words, 'Vault');
  await dialog(page).getByRole('button', { name: words.second_factor.done }).click();
  await signOut(page);
  await page.getByRole('button', { name: words.passkey.sign_in }).click();
  await expect(page).toHaveURL(profile);
  await expect(page.locator('li', { hasText: 'Vault' })).toContainText(words.passkey.used);
});

test('a passkey counts as a required second factor', async ({ page, anotherPage }) => {
  const words = wordsOf('en');
  await device(page);
  const { email, account } = newUser();
  await givePassword(page, email);
  await open(page, profile);
  await add(page, words, 'Work laptop');
  await requireSecondFactor(page);

  const other = await anotherPage({ viewport: { width: 390, height: 844 } });
  await device(other);
  await givePassword(other, newUser({ account }).email);
  await open(other, paths.tokens);
  await expect(other).toHaveURL(profile);
  await add(other, words, 'Phone');
  const width = await other.evaluate(() => document.documentElement.scrollWidth);
  expect(width, 'nothing sticks out').toBeLessThanOrEqual(390);
  await other.getByRole('button', { name: words.second_factor.done }).click();
  await expect(other).toHaveURL(paths.overview);
  expect((await call(other, 'tokens/people', {})).status()).toBe(200);
});

test('passkeys are offered in autofill until the button is used', async ({ page }) => {
  const asked: (string | undefined)[] = [];
  await page.exposeFunction('noteMediation', (mediation?: string) => asked.push(mediation));
  // No request is ever answered: what the browser would show can't be seen by a test.
  await page.addInitScript(() => {
    if ('PublicKeyCredential' in window) {
      PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(true);
      navigator.credentials.get = (options) =>
        new Promise((_, reject) => {
          void (window as unknown as { noteMediation: (mediation?: string) => void }).noteMediation(options?.mediation);
          options?.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
        });
    }
  });
  const challenges: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/passkeys/ask')) {
      challenges.push(request.url());
    }
  });
  await open(page, paths.signIn);
  await expect(page.getByLabel('E-mail address')).toHaveAttribute('autocomplete', 'username webauthn');
  expect(challenges, 'nobody has used the page yet').toEqual([]);
  await page.keyboard.press('Tab');
  await expect.poll(() => asked).toEqual(['conditional']);
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: wordsOf('en').passkey.sign_in }).click();
  await expect.poll(() => asked).toEqual(['conditional', undefined]);
  expect(challenges).toHaveLength(2);
  await expect(page.getByRole('alert').filter({ hasText: /./ })).toHaveCount(0);
});

test('an address without passkey support shows an explanation', async ({ page }) => {
  const { port } = new URL(test.info().project.use.baseURL ?? '');
  await open(page, `http://127.0.0.1:${port}${paths.signIn}`);
  await page.getByRole('button', { name: wordsOf('en').passkey.sign_in }).click();
  await expect(page.getByText(wordsOf('en').error.passkeys_unsupported)).toBeVisible();
});
