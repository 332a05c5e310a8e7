// Sign-in at an identity provider by OpenID Connect: accepted and refused people, and forged callbacks.

import { randomUUID } from 'node:crypto';
import type { Page, Request } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { expect, open, password, paths, running, sameOrigin, test, users } from '../support/fixtures.ts';
import { freePort, holdDatabase, identityProvider, kagitaba, type Server } from '../support/servers.ts';
import { locales, say, wordsOf } from '../support/words.ts';

const name = '<Acme> ID';
const callback = '/sign-in/oidc/callback';

/** A person as the provider's claims describe them. */
interface Person {
  sub: string;
  email: string;
  verified?: boolean;
}

let provider: Server;
let server: Server;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  const port = await freePort();
  provider = await identityProvider(`http://127.0.0.1:${port}`);
  const options = ['--oidc-issuer', provider.origin, '--oidc-client-id', 'kagitaba', '--oidc-name', name];
  server = await kagitaba('oidc', port, options, { KAGITABA_OIDC_CLIENT_SECRET: 'a-secret-for-tests' });
});

test.afterAll(async () => {
  await server?.stop();
  await provider?.stop();
});

const onServer = (path: string): string => `${server.origin}${path}`;

/** Goes from the sign-in page to the provider and signs in there as that person. */
async function signInAs(page: Page, { sub, email, verified = true }: Person, path: string = paths.signIn): Promise<void> {
  await open(page, onServer(path));
  await page.getByRole('link', { name }).click();
  await page.getByLabel('Subject').fill(sub);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Verified').setChecked(verified);
  await page.getByRole('button', { name: 'Continue' }).click();
}

/** Returns the actions of the audit trail. */
async function actions(page: Page): Promise<string[]> {
  const answer = await page.request.get(onServer('/settings/audit-trail/export.jsonl'));
  expect(answer.status()).toBe(200);
  const lines = (await answer.text()).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { action: string }).action);
}

async function cookie(page: Page, called: string) {
  return (await page.context().cookies(onServer(callback))).find(({ name }) => name === called);
}

/** Signs in as the administrator with the password. */
async function administrator(page: Page): Promise<void> {
  const form = { email: users.administrator, password };
  const answer = await page.request.post(onServer('/api/session/sign_in'), { form, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
}

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);
  const failed = words.sign_in_failed;
  const person: Person = { sub: `person-${language}`, email: language === 'en' ? users.specialist : users.analyst };

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('a known address signs in and reaches the wanted page', async ({ page }) => {
      await open(page, onServer(paths.signIn));
      await expect(page.getByRole('link', { name: say(words.sign_in.with, { name }) })).toBeVisible();
      await axe(page, 'signing in');
      await signInAs(page, { ...person, email: person.email.toUpperCase() }, `${paths.signIn}?next=%2Fsettings%2Fprofile`);
      await expect(page).toHaveURL(onServer('/settings/profile'));
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      const session = await cookie(page, 'kagitaba_session');
      expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
      expect(await signInCookies(page)).toEqual([]);
    });

    test('the link to the user outlives a change of address', async ({ page }) => {
      await signInAs(page, { ...person, email: 'somebody-else@nowhere.example', verified: false });
      await expect(page).toHaveURL(onServer(paths.overview));
      await page.locator('button.person').click();
      await expect(page.locator('#person')).toContainText(person.email);
    });

    for (const [what, whom, text, status] of [
      ['an unknown person', { sub: randomUUID(), email: 'stranger@nowhere.example' }, failed.not_invited, 403],
      ['an unverified address', { sub: randomUUID(), email: users.finance, verified: false }, failed.unverified, 403],
      ['another person with a known address', { sub: randomUUID(), email: person.email }, failed.linked_otherwise, 403],
    ] as const) {
      test(`${what} is refused with advice`, async ({ page }) => {
        const answers: number[] = [];
        page.on('response', (answer) => new URL(answer.url()).pathname === '/sign-in/failed' && answers.push(answer.status()));
        await signInAs(page, whom);
        await running(page);
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(failed.title);
        await expect(page.getByText(text)).toBeVisible();
        await expect(page).toHaveTitle(`${failed.title} – Kagitaba`);
        expect(answers).toEqual([status]);
        expect(await cookie(page, 'kagitaba_session')).toBeUndefined();
        await axe(page, what);
        await page.getByRole('link', { name: failed.again }).click();
        await expect(page).toHaveURL(onServer(paths.signIn));
        // The client-side navigation shows the link to the provider, too.
        await expect(page.getByRole('link', { name })).toBeVisible();
      });
    }

    test('cancelling at the provider does not sign in', async ({ page }) => {
      await open(page, onServer(paths.signIn));
      await page.getByRole('link', { name }).click();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await running(page);
      await expect(page.getByText(failed.cancelled)).toBeVisible();
    });

    test('a page reports that the provider is down', async ({ page }) => {
      const options = ['--no-demo', '--oidc-issuer', `http://localhost:${await freePort()}`, '--oidc-client-id', 'kagitaba'];
      const environment = { KAGITABA_OIDC_CLIENT_SECRET: 'a-secret-for-tests' };
      const lonely = await kagitaba('oidc-down', await freePort(), options, environment);
      try {
        const headers = { 'accept-language': language };
        const answer = await page.request.get(`${lonely.origin}/sign-in/oidc`, { headers });
        expect(answer.status()).toBe(503);
        expect(await answer.text()).toContain(failed.unreachable);
        // Signing in with the password is still possible.
        await open(page, `${lonely.origin}${paths.signIn}`);
        await expect(page.getByRole('link', { name: say(words.sign_in.with, { name: 'OpenID Connect' }) })).toBeVisible();
        await page.goto('about:blank'); // so that the page stops loading from the server before that ends
      } finally {
        await lonely.stop();
      }
    });
  });
}

const { sign_in_failed: failed } = wordsOf('en');

/** Returns the names of the cookies of unfinished sign-ins. */
async function signInCookies(page: Page): Promise<string[]> {
  const cookies = await page.context().cookies(onServer(callback));
  return cookies.map(({ name }) => name).filter((name) => name.startsWith('kagitaba_oidc_'));
}

/** Signs in; returns the callback's URL, and the name and value of the cookie that the browser sent with it. */
async function signedInBy(page: Page, person: Person): Promise<{ address: string; called: string; sealed: string }> {
  const asked: Request[] = [];
  page.on('request', (request) => new URL(request.url()).pathname === callback && asked.push(request));
  await signInAs(page, person);
  await expect(page).toHaveURL(onServer(paths.overview));
  const [request] = asked;
  const sent = (await request?.headerValue('cookie')) ?? '';
  const [, called = '', sealed = ''] = /(kagitaba_oidc_[^=]+)=([^;]+)/.exec(sent) ?? [];
  return { address: request?.url() ?? '', called, sealed };
}

/** Signs in except for the last step; returns the callback's URL. */
async function heldBack(page: Page, { sub, email }: Person): Promise<string> {
  await open(page, onServer(paths.signIn));
  await page.getByRole('link', { name }).click();
  await page.getByLabel('Subject').waitFor();
  const form = { sub, email, verified: 'on', action: 'allow' };
  const went = await page.request.post(page.url(), { form, maxRedirects: 0 });
  const back = await page.request.get(went.headers()['location'] ?? '', { maxRedirects: 0 });
  const address = back.headers()['location'] ?? '';
  expect(address).toContain(onServer(callback));
  return address;
}

test('a callback works once, even with the cookie kept', async ({ page }) => {
  const { address, called, sealed } = await signedInBy(page, { sub: 'person-en', email: users.specialist });
  expect(sealed).not.toBe('');
  await page.context().clearCookies();
  for (const cookies of [[], [{ name: called, value: sealed, url: onServer(callback) }]]) {
    await page.context().addCookies(cookies);
    expect((await page.goto(address))?.status()).toBe(400);
    await expect(page.getByText(failed.over)).toBeVisible();
    expect(await cookie(page, 'kagitaba_session')).toBeUndefined();
  }
});

test('a callback of another browser or state is refused', async ({ page, anotherPage }) => {
  const address = await heldBack(page, { sub: 'person-en', email: users.specialist });
  const victim = await anotherPage();
  expect((await victim.goto(address))?.status()).toBe(400);
  await expect(victim.getByText(failed.over)).toBeVisible();
  const forged = new URL(address);
  forged.searchParams.set('state', 'forged');
  expect((await page.goto(forged.href))?.status()).toBe(400);
  await expect(page.getByText(failed.over)).toBeVisible();
  // The refused callbacks did not end the sign-in that had begun.
  await page.goto(address);
  await expect(page).toHaveURL(onServer(paths.overview));
});

test('two tabs can sign in at the same time', async ({ page }) => {
  const begun = await page.request.get(onServer('/sign-in/oidc?next=/settings/profile'), { maxRedirects: 0 });
  expect(begun.status()).toBe(303);
  await signInAs(page, { sub: 'person-en', email: users.specialist });
  await expect(page).toHaveURL(onServer(paths.overview));
  // The first tab continues at the provider, where the person is signed in by now.
  await page.goto(begun.headers()['location'] ?? '');
  await expect(page).toHaveURL(onServer('/settings/profile'));
  expect(await signInCookies(page)).toEqual([]);
});

test('an invited person joins by signing in at the provider', async ({ page, anotherPage }) => {
  await administrator(page);
  const email = `nao-${randomUUID().slice(0, 8)}@hoshi-oak.example`;
  const form = { 'form[email]': email, 'form[role]': 'finance' };
  const invited = await page.request.post(onServer('/api/users/invite'), { form, headers: sameOrigin });
  expect(invited.status(), await invited.text()).toBe(200);
  const joining = await anotherPage();
  await signInAs(joining, { sub: email, email });
  await expect(joining).toHaveURL(onServer(paths.overview));
  await joining.locator('button.person').click();
  await expect(joining.locator('#person')).toContainText(email);
});

test('a code that the provider did not issue is refused', async ({ page }) => {
  const forged = new URL(await heldBack(page, { sub: 'person-en', email: users.specialist }));
  forged.searchParams.set('code', 'forged');
  const answer = await page.request.get(forged.href);
  expect(answer.status()).toBe(502);
  expect(await answer.text()).toContain(failed.rejected.split("'")[0]);
  expect(await cookie(page, 'kagitaba_session')).toBeUndefined();
});

test('a callback reports a fault while the database is locked', async ({ page }) => {
  const address = await heldBack(page, { sub: 'person-en', email: users.specialist });
  const letGo = await holdDatabase('oidc');
  const answer = await page.request.get(address);
  await letGo();
  expect(answer.status()).toBe(503);
  expect(await answer.text()).toContain(failed.fault);
  expect(await cookie(page, 'kagitaba_session')).toBeUndefined();
});

for (const outside of ['https://evil.example/', '//evil.example', '/\\evil.example', '/\t/evil.example']) {
  test(`the callback never leads outside: ${JSON.stringify(outside)}`, async ({ page }) => {
    await signInAs(
      page,
      { sub: 'person-en', email: users.specialist },
      `${paths.signIn}?${new URLSearchParams({ next: outside }).toString()}`,
    );
    await expect(page).toHaveURL(onServer(paths.overview));
  });
}

test('step-up needs the password after a provider sign-in too', async ({ page }) => {
  await signInAs(page, { sub: 'administrator', email: users.administrator });
  await expect(page).toHaveURL(onServer(paths.overview));
  const form = { 'form[email]': 'nao@hoshi-oak.example', 'form[role]': 'analyst' };
  const invite = () => page.request.post(onServer('/api/users/invite'), { form, headers: sameOrigin });
  const refused = await invite();
  expect(refused.status()).toBe(401);
  expect(await refused.json()).toEqual({ Refused: 'StepUpNeeded' });
  const again = { password };
  const given = await page.request.post(onServer('/api/profile/give_password_again'), { data: again, headers: sameOrigin });
  expect(given.status(), await given.text()).toBe(200);
  expect((await invite()).status()).toBe(200);
});

test('the audit trail records links, sign-ins and refusals', async ({ page }) => {
  await administrator(page);
  const told = await actions(page);
  for (const action of ['identity_linked', 'signed_in', 'sign_in_refused']) {
    expect(told).toContain(action);
  }
});

test('a deactivated member is not signed in', async ({ page, anotherPage }) => {
  const deactivated: Person = { sub: 'person-en', email: users.specialist };
  await administrator(page);
  const list = await page.request.post(onServer('/api/users/list'), { data: {}, headers: sameOrigin });
  const { members } = (await list.json()) as { members: { id: string; email: string }[] };
  const id = members.find(({ email }) => email === deactivated.email)?.id;
  const answer = await page.request.post(onServer('/api/users/deactivate'), { data: { id }, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
  const other = await anotherPage();
  await signInAs(other, deactivated);
  await expect(other.getByText(failed.not_invited)).toBeVisible();
});

test('without a provider, the sign-in page offers none', async ({ page, request }) => {
  await open(page, paths.signIn);
  await expect(page.getByRole('link')).toHaveCount(0);
  expect((await request.get('/sign-in/oidc')).status()).toBe(404);
});
