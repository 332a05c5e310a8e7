// The rights of each role on pages and server functions, and requests from other sites.

import { call, create, expect, namedLike, newToken, open, paths, sameOrigin, signIn, test, type User } from '../support/fixtures.ts';
import { locales, say, wordsOf } from '../support/words.ts';

const roles = [
  { user: 'administrator', role: 'account_administrator', may: true },
  { user: 'specialist', role: 'implementation_specialist', may: true },
  { user: 'analyst', role: 'analyst', may: false },
  { user: 'finance', role: 'finance', may: false },
  { user: 'marketing', role: 'performance_marketing_manager', may: false },
] as const satisfies readonly { user: User; role: string; may: boolean }[];

const everything = namedLike('');

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    for (const { user, role, may } of roles) {
      test(`${words.role[role]} ${may ? 'sees' : 'does not see'} the access tokens`, async ({ page }) => {
        await signIn(page, user);
        await open(page, paths.settings);
        const link = page.getByRole('link', { name: words.settings.platform_rest });
        if (may) {
          await expect(page.getByRole('heading', { level: 2, name: words.settings.account })).toBeVisible();
          await expect(page.getByRole('heading', { level: 3, name: words.settings.technical })).toBeVisible();
          await link.click();
          await expect(page).toHaveURL(paths.tokens);
          await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.tokens.title);
          await expect(page.getByRole('link', { name: words.tokens.create })).toBeVisible();
          await page.getByRole('link', { name: words.tips.title }).click();
          await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.tips.title);
          await expect(page.getByRole('heading', { level: 2 })).toHaveCount(6);
        } else {
          await expect(page.getByRole('heading', { name: words.settings.nothing })).toBeVisible();
          await expect(link).toHaveCount(0);
          const answer = await page.goto(paths.tokens);
          expect(answer?.status()).toBe(403);
          await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.not_allowed);
          const text = say(words.not_allowed_text, { role: words.role[role], account: 'Hoshi & Oak Agency' });
          await expect(page.getByText(text)).toBeVisible();
          expect(await page.content()).not.toMatch(/IR[0-9A-Za-z]{33}/);
        }
      });
    }
  });
}

for (const { user, role, may } of roles) {
  test(`pages and list answer ${role} with ${may ? 200 : 403}`, async ({ page, anotherPage }) => {
    const administrator = await anotherPage();
    await signIn(administrator, 'administrator');
    const token = await newToken(administrator);
    await signIn(page, user);
    for (const path of [paths.tokens, paths.newToken, paths.tips, paths.token(token.id)]) {
      expect((await page.request.get(path)).status(), path).toBe(may ? 200 : 403);
    }
    const list = await call(page, 'tokens/list', everything);
    expect(list.status()).toBe(may ? 200 : 403);
    expect((await list.text()).includes(token.sid)).toBe(may);
  });
}

test('a role without the right can call no token function', async ({ page, anotherPage }) => {
  const administrator = await anotherPage();
  await signIn(administrator, 'administrator');
  const token = await newToken(administrator);
  const now = async () =>
    ((await (await call(administrator, 'tokens/editable', { id: token.id })).json()) as { token: object }).token;
  const before = await now();
  for (const user of ['analyst', 'finance', 'marketing'] as const) {
    await signIn(page, user);
    for (const [name, data] of functions(token.id)) {
      const answer = await call(page, name, data);
      expect(answer.status(), `${user}: ${name}`).toBe(403);
      expect(await answer.text()).not.toMatch(/kgt_|IR[0-9A-Za-z]{33}/);
    }
    expect((await create(page, { name: 'Not allowed' })).status()).toBe(403);
  }
  expect(await now()).toEqual(before);
});

test('every function answers 401 without a session', async ({ page }) => {
  for (const [name, data] of functions(crypto.randomUUID())) {
    expect((await call(page, name, data)).status(), name).toBe(401);
  }
});

function functions(id: string): [string, object][] {
  return [
    ['tokens/list', everything],
    ['tokens/editable', { id }],
    ['tokens/overview', {}],
    ['tokens/people', {}],
    ['tokens/duplicate', { id, request: crypto.randomUUID() }],
    ['tokens/reset', { id, revision: 1 }],
    ['tokens/upgrade_version', { id }],
    ['tokens/go_back_version', { id }],
    ['tokens/trials', {}],
    ['tokens/begin_trial', { id, scopes: [], enforce_when_silent: false, revision: 1 }],
    ['tokens/drop_trial', { id }],
    ['tokens/enforce_trial', { id }],
    ['security_policy/begin_trial', { form: {}, enforce_when_silent: false, revision: 1 }],
    ['security_policy/drop_trial', {}],
    ['security_policy/enforce_trial', {}],
    ['tokens/rehearse', { id, change: 'disable' }],
    ['tokens/rehearse_all', { change: 'api_access_off' }],
    ['tokens/disable', { id }],
    ['tokens/enable', { id }],
    ['tokens/delete', { id }],
    ['tokens/undo_delete', { id }],
    ['account', {}],
    ['account/enable_api_access', {}],
    ['account/disable_api_access', {}],
  ];
}

test('only an Account Administrator can disable API access', async ({ page }) => {
  await signIn(page, 'specialist');
  await open(page, paths.tokens);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('.danger-zone')).toHaveCount(0);
  expect((await call(page, 'account/disable_api_access', {})).status()).toBe(403);
  expect(await (await call(page, 'account', {})).json()).toMatchObject({ api_access: true });
});

test('a request that is not from our own pages is refused', async ({ page, baseURL }) => {
  await signIn(page, 'administrator');
  const post = async (headers: Record<string, string>) =>
    (await page.request.post('/api/tokens/list', { data: everything, headers })).status();
  expect(await post(sameOrigin)).toBe(200);
  expect(await post({ origin: baseURL ?? '' })).toBe(200);
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: baseURL ?? '' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    {},
  ]) {
    expect(await post(headers), JSON.stringify(headers)).toBe(403);
  }
});

test('a form of another site cannot act for the signed-in user', async ({ page, baseURL }) => {
  await signIn(page, 'administrator');
  await page.route('http://evil.example/', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<form method="post" action="${baseURL}/api/account/disable_api_access"><button>Win a prize</button></form>`,
    }),
  );
  await page.goto('http://evil.example/');
  const answering = page.waitForResponse('**/api/account/disable_api_access');
  await page.getByRole('button', { name: 'Win a prize' }).click();
  expect((await answering).status()).toBe(403);
  expect(await (await call(page, 'account', {})).json()).toMatchObject({ api_access: true });
});
