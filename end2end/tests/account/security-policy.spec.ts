// An account's policy for its access tokens: maximum lifetime, allowed addresses, viewable Auth Tokens, second factor.

import type { Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { call, card, closeSecret, dialog, expect, gate, listOf, newToken, open, paths, sameOrigin, test, toast, unfold, unique, update } from '../support/fixtures.ts';
import { age, change, givePassword, newUser, ownPassword } from '../support/people.ts';
import { languages, locales, say, wordsOf } from '../support/words.ts';

const policyPage = '/settings/security-policy';

/** Signs in an administrator of a new account with API access. Returns the e-mail address. */
async function ownAccount(page: Page): Promise<string> {
  const { email } = newUser();
  await givePassword(page, email);
  expect((await call(page, 'account/enable_api_access', {})).status()).toBe(200);
  return email;
}

/** Moves the issue of the Auth Tokens of the user's account a hundred days back. */
function ageTokens(email: string): void {
  const account = 'SELECT account_id FROM memberships JOIN users ON users.id = user_id WHERE email = ?';
  change(`UPDATE tokens SET secret_issued_at = secret_issued_at - 8640000000000 WHERE account_id = (${account})`, email);
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`in ${language}`, () => {
    test.use({ locale: locales[language] });

    test('a maximum lifetime needs confirmation and the password', async ({
      page,
    }) => {
      const email = await ownAccount(page);
      const token = await newToken(page);
      ageTokens(email);
      await open(page, paths.settings);
      await page.getByRole('main').getByRole('link', { name: words.policy.title }).click();
      await expect(page.getByRole('heading', { level: 1, name: words.policy.title })).toBeVisible();
      await axe(page, 'as it is now');
      const lifetime = page.getByLabel(words.policy.lifetime);
      await lifetime.fill('0');
      await page.getByRole('button', { name: words.policy.save, exact: true }).click();
      await expect(page.getByText(say(words.policy.lifetime_problem, { max: 3650 }))).toBeVisible();
      await expect(lifetime).toBeFocused();
      await axe(page, 'as it is now');
      age(email);
      await lifetime.fill('90');
      await page.getByRole('button', { name: words.policy.save, exact: true }).click();
      const question = page.getByRole('dialog', { name: words.policy.ask_title });
      await expect(question).toContainText(words.policy.ask_expiring_one);
      await axe(page, 'as it is now');
      expect(await gate(page.request, token.sid, token.secret), 'nothing was saved yet').toBe(200);
      await question.getByRole('button', { name: words.policy.save, exact: true }).click();
      const stepUp = page.getByRole('dialog', { name: words.step_up.title });
      await stepUp.getByLabel(words.sign_in.password).fill(ownPassword);
      await page.keyboard.press('Enter');
      await expect(toast(page, words.policy.saved)).toBeVisible();
      expect(await gate(page.request, token.sid, token.secret)).toBe(401);
      await page.reload();
      await expect(page.getByLabel(words.policy.lifetime)).toHaveValue('90');

      await open(page, listOf(token.name));
      await expect(card(page, token.name)).toContainText(words.card.expired);
      await axe(page, 'as it is now');
    });

    test('only calls from the listed address ranges pass', async ({
      page,
    }) => {
      await ownAccount(page);
      const token = await newToken(page);
      await open(page, policyPage);
      await expect(page.getByText(say(words.policy.own_address, { address: '127.0.0.1' }))).toBeVisible();
      const addresses = page.getByLabel(words.policy.addresses);
      await addresses.fill('192.0.2.0/24\n\n10.0.0.0/99\nexample.org');
      await page.getByRole('button', { name: words.policy.save, exact: true }).click();
      for (const [line, input] of [['3', '10.0.0.0/99'], ['4', 'example.org']] as const) {
        await expect(page.getByText(say(words.policy.range_problem, { line, input }))).toBeVisible();
      }
      await axe(page, 'as it is now');
      await addresses.fill('192.0.2.77/24');
      await page.getByRole('button', { name: words.policy.save, exact: true }).click();
      await expect(toast(page, words.policy.saved)).toBeVisible();
      await expect(addresses).toHaveValue('192.0.2.0/24');
      expect(await gate(page.request, token.sid, token.secret)).toBe(403);
      await addresses.fill('127.0.0.1');
      await page.getByRole('button', { name: words.policy.save, exact: true }).click();
      await expect(addresses).toHaveValue('127.0.0.1/32');
      expect(await gate(page.request, token.sid, token.secret)).toBe(200);
    });

    test('allowed addresses are rehearsed first, then enforced', async ({ page }) => {
      await ownAccount(page);
      const token = await newToken(page);
      expect(await gate(page.request, token.sid, token.secret)).toBe(200);
      // Calls are written down once a second; before that, no call would be refused, and nothing is asked.
      await expect(async () => {
        expect(await (await call(page, 'tokens/rehearse_all', { change: 'api_access_off' })).text()).toContain('"calls":1,');
      }).toPass();
      await open(page, policyPage);
      await page.getByLabel(words.policy.addresses).fill('192.0.2.0/24');
      await page.getByRole('button', { name: words.policy.save, exact: true }).click();
      await expect(dialog(page)).toContainText(words.policy.ask_addresses);
      await dialog(page).getByRole('button', { name: words.trial.begin, exact: true }).click();
      await expect(toast(page, words.trial.begun)).toBeVisible();
      await expect(page.getByLabel(words.policy.addresses)).toHaveValue('');
      const trials = page.getByRole('region', { name: words.trial.title });
      await expect(trials).toContainText(say(words.trial.only_from, { ranges: '192.0.2.0/24' }));
      expect(await gate(page.request, token.sid, token.secret), 'nothing is enforced').toBe(200);
      await expect(async () => {
        await open(page, paths.overview);
        await expect(trials).toContainText(words.trial.one_call, { timeout: 2_000 });
      }).toPass();
      await trials.getByText(words.trial.calls).click();
      await expect(trials.getByRole('link', { name: token.name })).toBeVisible();
      await axe(page, 'with a trial');
      await trials.getByRole('button', { name: words.trial.enforce, exact: true }).click();
      await expect(toast(page, words.policy.saved)).toBeVisible();
      await expect(trials).toHaveCount(0);
      expect(await gate(page.request, token.sid, token.secret)).toBe(403);
    });

    test('a kept Auth Token is viewed with the password, on record', async ({ page }) => {
      const email = await ownAccount(page);
      const before = await newToken(page);
      await open(page, policyPage);
      await page.getByLabel(words.policy.viewable).check();
      await page.getByRole('button', { name: words.policy.save, exact: true }).click();
      await expect(toast(page, words.policy.saved)).toBeVisible();
      const token = await newToken(page);
      await open(page, paths.token(before.id));
      await expect(page.getByText(words.form.auth_token_hidden)).toBeVisible();
      await expect(page.getByRole('button', { name: words.item.view, exact: true })).toBeHidden();

      age(email);
      await open(page, paths.token(token.id));
      await expect(page.getByText(words.form.auth_token_kept)).toBeVisible();
      expect(await page.content()).not.toContain(token.secret);
      await page.getByRole('button', { name: words.item.view, exact: true }).click();
      const stepUp = page.getByRole('dialog', { name: words.step_up.title });
      await stepUp.getByLabel(words.sign_in.password).fill(ownPassword);
      await page.keyboard.press('Enter');
      await expect(dialog(page)).toContainText(token.secret);
      await expect(dialog(page)).toContainText(words.secret.kept);
      await axe(page, 'as it is now');
      await dialog(page).getByRole('button', { name: words.secret.done }).click();
      await expect(page.getByText(words.action.token_viewed)).toBeVisible();
      expect(await page.content()).not.toContain(token.secret);

      await open(page, policyPage);
      await page.getByLabel(words.policy.viewable).uncheck();
      await page.getByRole('button', { name: words.policy.save, exact: true }).click();
      const question = page.getByRole('dialog', { name: words.policy.ask_title });
      await expect(question).toContainText(words.policy.ask_forgotten_one);
      await question.getByRole('button', { name: words.policy.save, exact: true }).click();
      await expect(toast(page, words.policy.saved)).toBeVisible();
      expect((await call(page, 'tokens/view', { id: token.id })).status()).toBe(409);
      expect(await gate(page.request, token.sid, token.secret)).toBe(200);
    });

    test('an expiry is chosen, shown on the card and changed', async ({ page }) => {
      await ownAccount(page);
      const name = unique('Short');
      await open(page, paths.newToken);
      await page.locator('#name').fill(name);
      const expires = page.locator('#expires');
      await expect(expires.getByRole('option', { name: words.form.expires_never })).toBeAttached();
      await expires.selectOption(words.form.expires_date);
      await page.getByRole('button', { name: words.next, exact: true }).click();
      await expect(page.getByText(say(words.problem.not_within_days, { max: 3650 }))).toBeVisible();
      await axe(page, 'as it is now');
      const day = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10);
      await page.getByLabel(words.form.last_day_own).fill(day);
      await page.getByRole('button', { name: words.next, exact: true }).click();
      await page.getByRole('button', { name: words.next, exact: true }).click();
      await unfold(page);
      await page.locator('input[value="getCompanyInformation"]').check();
      await page.getByRole('button', { name: words.form.create, exact: true }).click();
      await closeSecret(page, language);
      await expect(card(page, name)).toContainText(say(words.card.expires_in, { count: 10 }));
      await expect(card(page, name).locator('.expiry')).toHaveClass(/soon/);
      await axe(page, 'as it is now');

      await card(page, name).getByRole('link', { name }).click();
      await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
      await expires.selectOption('90');
      await update(page, words.form.update);
      await expect(page.locator('.page-head .expiry')).toHaveText(say(words.card.expires_in, { count: 90 }));
      await expect(page.locator('.page-head .expiry')).not.toHaveClass(/soon/);
      await axe(page, 'as it is now');
    });

    test('a maximum lifetime removes the choice to never expire', async ({ page }) => {
      await ownAccount(page);
      const form = { 'form[token_lifetime]': '45', revision: '1' };
      const saved = await page.request.post('/api/security_policy/update', { form, headers: sameOrigin });
      expect(saved.status(), await saved.text()).toBe(200);
      await open(page, paths.newToken);
      const expires = page.locator('#expires');
      await expect(expires).toHaveValue('45');
      const options = await expires.getByRole('option').allTextContents();
      const days = (count: number) => say(words.form.expires_days, { count });
      expect(options).toEqual([days(30), days(45), words.form.expires_date]);
    });
  });
}

test('an administrator without a second factor cannot require one', async ({ page }) => {
  const words = wordsOf('en');
  await ownAccount(page);
  await open(page, policyPage);
  const required = page.getByLabel(words.policy.require_second_factor);
  await required.check();
  await page.getByRole('button', { name: words.policy.save, exact: true }).click();
  const question = page.getByRole('dialog', { name: words.policy.ask_title });
  await expect(question).toContainText(words.policy.second_factor_on_text);
  await question.getByRole('button', { name: words.policy.save, exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: words.error.second_factor_needed })).toBeVisible();
  page.on('dialog', (asked) => void asked.accept());
  await open(page, policyPage);
  await expect(required).not.toBeChecked();
});

test('one Save saves rules and second factor, or neither', async ({ page }) => {
  const words = wordsOf('en');
  const email = await ownAccount(page);
  await open(page, policyPage);
  const save = page.getByRole('button', { name: words.policy.save, exact: true });
  await expect(save).toHaveCount(1);
  await page.getByLabel(words.policy.lifetime).fill('45');
  await page.getByLabel(words.policy.addresses).fill('192.0.2.0/24');
  await page.getByLabel(words.policy.require_second_factor).check();
  await save.click();
  const confirm = page
    .getByRole('dialog', { name: words.policy.ask_title })
    .getByRole('button', { name: words.policy.save, exact: true });
  await confirm.click();
  await expect(page.getByRole('alert').filter({ hasText: words.error.second_factor_needed })).toBeVisible();
  const policy = async () =>
    ((await (await call(page, 'security_policy/get', {})).json()) as { policy: object }).policy;
  expect(await policy()).toMatchObject({ token_lifetime: null, allowed_addresses: [], second_factor_required: false });

  // Once there is a second factor, the same form is saved as a whole.
  change('INSERT INTO authenticators (user_id, secret, created_at, confirmed_at) ' +
    "SELECT id, x'00', 1, 1 FROM users WHERE email = ?", email);
  await save.click();
  await confirm.click();
  await expect(toast(page, words.policy.saved)).toBeVisible();
  await expect(page.getByLabel(words.policy.require_second_factor)).toBeChecked();
  const all = { token_lifetime: 45, allowed_addresses: ['192.0.2.0/24'], second_factor_required: true };
  expect(await policy()).toMatchObject(all);
});

test('a change made meanwhile is not overwritten', async ({ page }) => {
  const words = wordsOf('en');
  await ownAccount(page);
  await open(page, policyPage);
  const form = { 'form[token_lifetime]': '45', revision: '1' };
  expect((await page.request.post('/api/security_policy/update', { form, headers: sameOrigin })).status()).toBe(200);
  await page.getByLabel(words.policy.lifetime).fill('30');
  await page.getByRole('button', { name: words.policy.save, exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: words.error.policy_conflict })).toBeVisible();
  await page.getByRole('button', { name: words.form.load_theirs }).click();
  await expect(page.getByLabel(words.policy.lifetime)).toHaveValue('45');
});

test('without wasm, a plain form saves the policy', async ({ anotherPage }) => {
  const words = wordsOf('en');
  const page = await anotherPage({ javaScriptEnabled: false, locale: locales.en });
  await ownAccount(page);
  await page.goto(policyPage);
  await page.getByLabel(words.policy.lifetime).fill('30');
  await page.getByLabel(words.policy.addresses).fill('192.0.2.0/24\n2001:db8::/32');
  await page.getByRole('button', { name: words.policy.save, exact: true }).click();
  await expect(page.locator('p.note[role="status"]')).toHaveText(words.policy.saved);
  await expect(page.getByLabel(words.policy.lifetime)).toHaveValue('30');
  await expect(page.getByLabel(words.policy.addresses)).toHaveValue('192.0.2.0/24\n2001:db8::/32');
});
