// Account users: invitations, joining, roles, deactivation and reinstatement, for Account Administrators only.

import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { call, dialog, expect, open, openMenu, password, paths, running, sameOrigin, signIn, test, toast, users } from '../support/fixtures.ts';
import { givePassword, newUser } from '../support/people.ts';
import { locales, say, wordsOf, type Language, type Words } from '../support/words.ts';

// All tests share one network address, which may fail 20 times in 15 minutes: use few forged links.

const agency = 'Hoshi & Oak Agency';
const newPassword = 'three small paper lanterns';

/** Returns an e-mail address that no other test uses. */
const address = (): string => `user-${randomUUID().slice(0, 8)}@hoshi-oak.example`;

interface Member {
  id: string;
  email: string;
  role: string;
  state: string;
}

/** Invites a person by the server function and returns the path of the invitation's page. */
async function invite(page: Page, email: string, role: string): Promise<string> {
  const form = { 'form[email]': email, 'form[role]': role };
  const answer = await page.request.post('/api/users/invite', { form, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
  expect(answer.headers()['cache-control']).toBe('no-store');
  return paths.invitation(((await answer.json()) as { token: string }).token);
}

/** Accepts the invitation as a new person in this page's browser, by the server function. */
async function join(page: Page, path: string, name: string): Promise<void> {
  const form = { token: path.split('/').at(-1) ?? '', 'form[name]': name, 'form[password]': newPassword };
  const answer = await page.request.post('/api/invitations/accept', { form, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
}

async function members(page: Page): Promise<Member[]> {
  const answer = await call(page, 'users/list', {});
  expect(answer.status()).toBe(200);
  return ((await answer.json()) as { members: Member[] }).members;
}

async function member(page: Page, email: string): Promise<Member> {
  const found = (await members(page)).find((member) => member.email === email);
  expect(found, email).toBeDefined();
  return found as Member;
}

/** The user's row or, on narrow screens, card. */
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

/** Picks an item of the user's menu. */
async function pick(page: Page, name: string, item: string, language: Language = 'en'): Promise<void> {
  const menu = await openMenu(page, name, language);
  await menu.getByRole('menuitem', { name: item, exact: true }).click();
}

/** Chooses a role for the user, which leads to the question whether to change it. */
async function chooseRole(page: Page, name: string, role: keyof Words['role'], language: Language = 'en'): Promise<void> {
  const words = wordsOf(language);
  await pick(page, name, words.users.change_role, language);
  const choosing = page.getByRole('dialog', { name: say(words.users.role_of, { name }) });
  await choosing.getByRole('radio', { name: words.role[role], exact: true }).check();
  await choosing.getByRole('button', { name: words.next, exact: true }).click();
}

const name = (): string => `Nao ${randomUUID().slice(0, 8)}`;

for (const language of ['en', 'ja'] as const satisfies readonly Language[]) {
  const words = wordsOf(language);
  const role = words.role.implementation_specialist;

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('an invited person joins by the link, which works once', async ({ page, anotherPage }) => {
      const [email, nao] = [address(), name()];
      await signIn(page, 'administrator');
      await open(page, paths.settings);
      await page.getByRole('main').getByRole('link', { name: words.users.title }).click();
      await expect(page).toHaveURL(paths.accountUsers);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.users.title);

      await page.getByRole('button', { name: words.users.invite }).click();
      await dialog(page).getByRole('button', { name: words.invitation.create }).click();
      await expect(dialog(page).getByText(words.problem.required, { exact: true })).toBeVisible();
      await expect(dialog(page).getByText(words.problem.required_choice)).toBeVisible();
      await expect(dialog(page).getByLabel(words.users.email)).toBeFocused();
      await dialog(page).getByLabel(words.users.email).fill(users.analyst);
      await dialog(page).getByLabel(words.users.role).selectOption('implementation_specialist');
      await dialog(page).getByRole('button', { name: words.invitation.create }).click();
      await expect(dialog(page).getByRole('alert')).toHaveText(words.error.already_member);
      await dialog(page).getByLabel(words.users.email).fill(email);
      await dialog(page).getByRole('button', { name: words.invitation.create }).click();
      await expect(dialog(page)).toHaveAccessibleName(say(words.invitation.link_title, { email }));
      await expect(dialog(page).getByText(say(words.invitation.link_warning, { email }))).toBeVisible();
      await page.keyboard.press('Escape');
      const link = (await dialog(page).locator('code').textContent()) ?? '';
      expect(new URL(link).origin).toBe(new URL(page.url()).origin);
      await dialog(page).getByRole('button', { name: words.secret.done }).click();
      await expect(dialog(page)).toHaveCount(0);
      const invited = page.getByRole('listitem').filter({ hasText: email });
      await expect(invited).toContainText(role);
      expect(await page.content()).not.toContain(link.split('/').at(-1));

      const joining = await anotherPage({ locale: locales[language] });
      const answer = await joining.goto(link);
      expect(answer?.headers()['cache-control']).toBe('no-store');
      expect(answer?.headers()['referrer-policy']).toBe('same-origin');
      await running(joining);
      await expect(joining.getByRole('heading', { level: 1 })).toHaveText(say(words.invitation.title, { account: agency }));
      await expect(joining.getByText(say(words.invitation.lead_new, { role }))).toBeVisible();
      await expect(joining.getByLabel(words.users.email)).toHaveValue(email);
      await joining.getByLabel(words.users.name, { exact: true }).fill(nao);
      await joining.getByLabel(words.sign_in.password).fill('password1234');
      await joining.getByRole('button', { name: words.invitation.join }).click();
      await expect(joining.getByText(words.problem.easy_to_guess)).toBeVisible();
      await expect(joining.getByLabel(words.sign_in.password)).toBeFocused();
      await joining.getByLabel(words.sign_in.password).fill(newPassword);
      await joining.getByRole('button', { name: words.invitation.join }).click();
      await expect(joining).toHaveURL(paths.overview);
      await joining.getByRole('button', { name: nao }).click();
      await expect(joining.locator('#person')).toContainText(role);
      await expect(joining.locator('#person')).toContainText(agency);

      const again = await anotherPage({ locale: locales[language] });
      expect((await again.goto(link))?.status()).toBe(404);
      await expect(again.getByRole('heading', { level: 1 })).toHaveText(words.invitation.over_title);
      await expect(again.getByText(words.invitation.over_text)).toBeVisible();
      await expect(again.getByRole('link', { name: words.sign_in.title })).toHaveAttribute('href', paths.signIn);

      await page.reload();
      await expect(row(page, nao)).toContainText(words.users.active);
      await expect(page.getByRole('listitem').filter({ hasText: email })).toHaveCount(0);
    });

    test('a role change is confirmed and holds on the next request', async ({ page, anotherPage }) => {
      const [email, nao] = [address(), name()];
      await signIn(page, 'administrator');
      const path = await invite(page, email, 'implementation_specialist');
      const other = await anotherPage();
      await join(other, path, nao);
      expect((await other.request.get(paths.tokens)).status()).toBe(200);

      await open(page, paths.accountUsers);
      const before = words.role.implementation_specialist;
      await expect(row(page, nao)).toContainText(before);
      await chooseRole(page, nao, 'analyst', language);
      const title = say(words.users.ask_role_title, { name: nao, role: words.role.analyst });
      await expect(dialog(page)).toHaveAccessibleName(title);
      await expect(dialog(page).getByText(say(words.users.ask_role_text, { name: nao, old: before }))).toBeVisible();
      await dialog(page).getByRole('button', { name: words.cancel }).click();
      await expect(row(page, nao)).toContainText(before);
      await chooseRole(page, nao, 'analyst', language);
      // A change of role needs the password even in a new session.
      await dialog(page).getByLabel(words.sign_in.password).fill('not the password');
      await dialog(page).getByRole('button', { name: words.users.change_role }).click();
      await expect(dialog(page).getByRole('alert')).toHaveText(words.error.wrong_password);
      await expect(row(page, nao)).toContainText(before);
      await dialog(page).getByLabel(words.sign_in.password).fill(password);
      await dialog(page).getByRole('button', { name: words.users.change_role }).click();
      await expect(toast(page, say(words.users.role_changed, { name: nao, role: words.role.analyst }))).toBeVisible();
      await expect(row(page, nao)).toContainText(words.role.analyst);
      await expect(row(page, nao)).not.toContainText(before);
      expect((await other.request.get(paths.tokens)).status()).toBe(403);
    });

    test('a deactivated member is locked out until reinstated', async ({ page, anotherPage }) => {
      const [email, nao] = [address(), name()];
      await signIn(page, 'administrator');
      const path = await invite(page, email, 'analyst');
      const other = await anotherPage();
      await join(other, path, nao);
      const signInAgain = async () =>
        (
          await other.request.post('/api/session/sign_in', { form: { email, password: newPassword }, headers: sameOrigin })
        ).status();

      await open(page, paths.accountUsers);
      await pick(page, nao, words.users.deactivate, language);
      await expect(dialog(page)).toHaveAccessibleName(say(words.users.ask_deactivate_title, { name: nao }));
      await expect(dialog(page).getByText(say(words.users.ask_deactivate_text, { name: nao }))).toBeVisible();
      await dialog(page).getByRole('button', { name: words.users.deactivate }).click();
      await expect(toast(page, say(words.users.was_deactivated, { name: nao }))).toBeVisible();
      await expect(row(page, nao)).toContainText(words.users.deactivated);
      expect((await call(other, 'profile/sessions', {})).status()).toBe(401);
      expect(await signInAgain()).toBe(401);

      await pick(page, nao, words.users.reinstate, language);
      await expect(toast(page, say(words.users.was_reinstated, { name: nao }))).toBeVisible();
      await expect(row(page, nao)).toContainText(words.users.active);
      expect(await signInAgain()).toBe(200);
    });

    test('a withdrawn invitation cannot be used', async ({ page, anotherPage }) => {
      const email = address();
      await signIn(page, 'administrator');
      const path = await invite(page, email, 'analyst');
      await open(page, paths.accountUsers);
      await page.getByRole('button', { name: say(words.invitation.withdraw_email, { email }) }).click();
      await expect(toast(page, say(words.invitation.withdrawn, { email }))).toBeVisible();
      await expect(page.getByRole('listitem').filter({ hasText: email })).toHaveCount(0);
      const invited = await anotherPage({ locale: locales[language] });
      expect((await invited.goto(path))?.status()).toBe(404);
      await expect(invited.getByRole('heading', { level: 1 })).toHaveText(words.invitation.over_title);
    });

    test('page, dialogs and invitation have no axe violation', async ({ page, anotherPage }) => {
      test.slow();
      const email = `${'long'.repeat(12)}-${randomUUID().slice(0, 8)}@hoshi-oak.example`;
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await signIn(page, 'administrator');
      const path = await invite(page, email, 'performance_marketing_manager');
      const looks = [
        { size: { width: 1440, height: 900 }, colorScheme: language === 'en' ? 'light' : 'dark' },
        { size: { width: 390, height: 844 }, colorScheme: language === 'en' ? 'dark' : 'light' },
      ] as const;
      for (const { size, colorScheme } of looks) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await open(page, paths.accountUsers);
        await expect(row(page, 'Daniel Oakley')).toBeVisible();
        await axe(page, `${size.width} px, ${colorScheme}`);
        await fits(page, paths.accountUsers);
        const menu = await openMenu(page, 'Daniel Oakley', language);
        await axe(page, 'a menu');
        await menu.getByRole('menuitem', { name: words.users.change_role, exact: true }).click();
        await axe(page, 'choosing a role', 'dialog[open]');
        await dialog(page).getByRole('button', { name: words.cancel }).click();
        await chooseRole(page, 'Daniel Oakley', 'finance', language);
        await axe(page, 'changing a role', 'dialog[open]');
        await dialog(page).getByRole('button', { name: words.cancel }).click();
        await page.getByRole('button', { name: words.users.invite }).click();
        await dialog(page).getByRole('button', { name: words.invitation.create }).click();
        await axe(page, 'inviting', 'dialog[open]');
        await dialog(page).getByLabel(words.users.email).fill(email);
        await dialog(page).getByLabel(words.users.role).selectOption('performance_marketing_manager');
        await dialog(page).getByRole('button', { name: words.invitation.create }).click();
        await expect(dialog(page)).toHaveAccessibleName(say(words.invitation.link_title, { email }));
        await expect(dialog(page)).toBeInViewport({ ratio: 1 });
        await axe(page, 'the link', 'dialog[open]');
        await fits(page, 'the link');
        const link = (await dialog(page).locator('code').textContent()) ?? '';
        await dialog(page).getByRole('button', { name: words.secret.done }).click();
        const invited = await anotherPage({ locale: locales[language], viewport: size, colorScheme });
        await open(invited, link);
        await expect(invited.getByRole('button', { name: words.invitation.join })).toBeVisible();
        await axe(invited, 'the invitation');
        await fits(invited, 'the invitation');
        await invited.getByRole('button', { name: words.invitation.join }).click();
        await expect(invited.getByText(words.problem.required, { exact: true })).toBeVisible();
        await axe(invited, 'the invitation with what is missing');
      }
      const over = await anotherPage({ locale: locales[language] });
      expect((await over.goto(path))?.status(), 'replaced').toBe(404);
      await axe(over, 'an invitation that is over');
    });
  });
}

/** Fails if the page scrolls sideways. */
async function fits(page: Page, what: string): Promise<void> {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(beyond, `${what} at ${page.viewportSize()?.width} px`).toBeLessThanOrEqual(0);
}

test('a forged or incomplete link is answered 404', async ({ page }) => {
  for (const token of ['0'.repeat(43), 'short']) {
    expect((await page.goto(paths.invitation(token)))?.status(), token).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(wordsOf('en').invitation.over_title);
    const form = { token, 'form[name]': 'Nobody', 'form[password]': newPassword };
    const answer = await page.request.post('/api/invitations/accept', { form, headers: sameOrigin });
    expect(answer.status(), token).toBe(404);
    expect(answer.headers()['set-cookie']).toBeUndefined();
  }
});

test('the last administrator cannot be demoted or deactivated', async ({ page }) => {
  const words = wordsOf('en');
  await signIn(page, 'otherAdministrator');
  await open(page, paths.accountUsers);
  await expect(row(page, 'Haruto Kita')).toContainText(words.users.last_hint);
  const menu = await openMenu(page, 'Haruto Kita 北 陽翔');
  await expect(menu.getByRole('menuitem')).toHaveText([words.users.change_role, words.users.deactivate]);
  for (const item of await menu.getByRole('menuitem').all()) {
    await expect(item).toHaveAttribute('aria-disabled', 'true');
    await expect(item).toHaveAccessibleDescription(words.users.last_hint);
  }
  await page.keyboard.press('Enter');
  await expect(menu).toBeVisible();
  await expect(dialog(page)).toHaveCount(0);
  const { id } = await member(page, users.otherAdministrator);
  for (const [name, data] of [
    ['users/deactivate', { id }],
    ['users/change_role', { id, role: 'analyst', proof: { password } }],
  ] as const) {
    const answer = await call(page, name, data);
    expect(answer.status(), name).toBe(409);
    expect(await answer.json()).toEqual({ Refused: 'LastAdministrator' });
  }
  expect(await member(page, users.otherAdministrator)).toMatchObject({ role: 'account_administrator', state: 'active' });
});

test('an action that became forbidden meanwhile is refused', async ({ page, anotherPage }) => {
  const words = wordsOf('en');
  const [email, nao] = [address(), name()];
  await signIn(page, 'otherAdministrator');
  const other = await anotherPage();
  await join(other, await invite(page, email, 'account_administrator'), nao);
  await open(other, paths.accountUsers);
  // With two administrators, either may give up the role.
  await chooseRole(other, nao, 'analyst');
  await expect(dialog(other).getByText(say(words.users.ask_role_own, { old: words.role.account_administrator }))).toBeVisible();
  const { id } = await member(page, users.otherAdministrator);
  const { id: naoId } = await member(page, email);
  await expect(dialog(other)).toBeVisible();
  expect((await call(page, 'users/change_role', { id: naoId, role: 'analyst', proof: { password } })).status()).toBe(200);
  await dialog(other).getByLabel(words.sign_in.password).fill(newPassword);
  await dialog(other).getByRole('button', { name: words.users.change_role }).click();
  await expect(toast(other, words.error.not_allowed)).toBeVisible();
  expect((await call(other, 'users/deactivate', { id })).status()).toBe(403);
});

test('giving up one’s own role takes effect at once', async ({ page, anotherPage }) => {
  const words = wordsOf('en');
  const [email, nao] = [address(), name()];
  await signIn(page, 'administrator');
  const other = await anotherPage();
  await join(other, await invite(page, email, 'account_administrator'), nao);
  await open(other, paths.accountUsers);
  await chooseRole(other, nao, 'finance');
  await dialog(other).getByLabel(words.sign_in.password).fill(newPassword);
  await dialog(other).getByRole('button', { name: words.users.change_role }).click();
  await expect(other).toHaveURL(paths.settings);
  await expect(other.getByRole('heading', { name: words.settings.nothing })).toBeVisible();
});

test('a user of another account joins with the same password', async ({ page, anotherPage }) => {
  const words = wordsOf('en');
  const [email, nao] = [address(), name()];
  await signIn(page, 'administrator');
  await join(await anotherPage(), await invite(page, email, 'analyst'), nao);
  const kita = await anotherPage();
  await signIn(kita, 'otherAdministrator');
  const path = await invite(kita, email, 'finance');

  const joining = await anotherPage();
  await open(joining, path);
  await expect(joining.getByText(say(words.invitation.lead_known, { role: words.role.finance }))).toBeVisible();
  await expect(joining.getByLabel(words.users.name, { exact: true })).toHaveCount(0);
  await joining.getByLabel(words.sign_in.password).fill('not the password');
  await joining.getByRole('button', { name: words.invitation.join }).click();
  await expect(joining.getByRole('alert').filter({ hasText: words.error.wrong_credentials })).toBeVisible();
  await joining.getByLabel(words.sign_in.password).fill(newPassword);
  await joining.getByRole('button', { name: words.invitation.join }).click();
  await expect(joining).toHaveURL(paths.overview);
  await joining.getByRole('button', { name: nao }).click();
  await expect(joining.locator('#person')).toContainText('Kita Media');
  await expect(joining.locator('#person')).toContainText(words.role.finance);
});

test('other roles get 403 from the page and every function', async ({ page, anotherPage }) => {
  const words = wordsOf('en');
  const administrator = await anotherPage();
  await signIn(administrator, 'administrator');
  const { id } = await member(administrator, users.analyst);
  const before = await members(administrator);
  for (const user of ['specialist', 'analyst', 'finance', 'marketing'] as const) {
    await signIn(page, user);
    expect((await page.goto(paths.accountUsers))?.status(), user).toBe(403);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.not_allowed);
    expect(await page.content()).not.toContain(users.finance === users[user] ? users.analyst : users.finance);
    await open(page, paths.settings);
    await expect(page.getByRole('link', { name: words.users.title })).toHaveCount(0);
    for (const [name, data] of [
      ['users/list', {}],
      ['users/withdraw_invitation', { id }],
      ['users/change_role', { id, role: 'account_administrator' }],
      ['users/deactivate', { id }],
      ['users/reinstate', { id }],
      ['users/make_reset_link', { id }],
    ] as const) {
      expect((await call(page, name, data)).status(), `${user}: ${name}`).toBe(403);
    }
    const form = { 'form[email]': address(), 'form[role]': 'account_administrator' };
    expect((await page.request.post('/api/users/invite', { form, headers: sameOrigin })).status(), user).toBe(403);
  }
  const states = (list: Member[]) => list.map(({ email, role, state }) => [email, role, state]);
  const now = states(await members(administrator));
  for (const unchanged of states(before).filter(([email]) => Object.values<unknown>(users).includes(email))) {
    expect(now).toContainEqual(unchanged);
  }
});

test('a user’s menu works by keyboard, one on the page', async ({ page }) => {
  const words = wordsOf('en');
  const { email, account } = newUser({ name: 'Aoi Abe' });
  newUser({ name: 'Ren Ito', account });
  await givePassword(page, email);
  await open(page, paths.accountUsers);
  const more = (name: string) => page.getByRole('button', { name: say(words.card.more_for, { name }), exact: true });
  const item = (name: string) => page.getByRole('menuitem', { name, exact: true });
  await expect(page.locator('.users [role="menu"]')).toHaveCount(0);
  await more('Aoi Abe').focus();
  await page.keyboard.press('ArrowDown');
  await expect(item(words.users.change_role)).toBeFocused();
  await expect(item(words.reset_link.button), 'not for oneself').toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(more('Aoi Abe')).toBeFocused();

  await more('Ren Ito').focus();
  await page.keyboard.press('Enter');
  await expect(item(words.users.change_role)).toBeFocused();
  await expect(page.locator('.users [role="menu"]')).toHaveCount(1);
  await page.keyboard.press('End');
  await expect(item(words.users.deactivate)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(item(words.reset_link.button)).toBeFocused();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  const choosing = page.getByRole('dialog', { name: say(words.users.role_of, { name: 'Ren Ito' }) });
  await expect(choosing.getByRole('radio', { name: words.role.account_administrator })).toBeChecked();
  await expect(choosing.getByRole('button', { name: words.next }), 'nothing has changed').toBeDisabled();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  await expect(more('Ren Ito')).toBeFocused();
});

test('account users fit into 390 and 820 px, whole', async ({ page }) => {
  const words = wordsOf('en');
  await signIn(page, 'administrator');
  for (const width of [390, 820]) {
    await page.setViewportSize({ width, height: 844 });
    await open(page, paths.accountUsers);
    const role = page.getByText(words.role.performance_marketing_manager, { exact: true }).first();
    await expect(role).toBeVisible();
    const beyond = await role.evaluate((element) => element.scrollWidth - element.clientWidth);
    expect(beyond, `the role at ${width} px`).toBeLessThanOrEqual(0);
    const menu = await openMenu(page, 'Daniel Oakley');
    await menu.getByRole('menuitem').last().scrollIntoViewIfNeeded();
    await expect(menu).toBeInViewport({ ratio: 1 });
    await fits(page, 'an open menu');
    await page.keyboard.press('Escape');
  }
});

test.describe('Without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('an invitation is accepted by a plain form', async ({ page, anotherPage }) => {
    const words = wordsOf('en');
    const nao = name();
    const administrator = await anotherPage();
    await signIn(administrator, 'administrator');
    await page.goto(await invite(administrator, address(), 'analyst'));
    await page.getByLabel(words.users.name, { exact: true }).fill(nao);
    await page.getByLabel(words.sign_in.password).fill('password1234');
    await page.getByRole('button', { name: words.invitation.join }).click();
    await expect(page.getByText(words.error.invalid)).toBeVisible();
    expect(page.url()).not.toContain('password1234');
    await page.getByLabel(words.users.name, { exact: true }).fill(nao);
    await page.getByLabel(words.sign_in.password).fill(newPassword);
    await page.getByRole('button', { name: words.invitation.join }).click();
    await expect(page).toHaveURL(paths.overview);
    await expect(page.getByRole('button', { name: nao })).toBeVisible();
  });
});
