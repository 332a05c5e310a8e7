// Signing in and out: refusals, redirects, and the session cookie.

import { expect, goBack, open, password, paths, sameOrigin, signIn, test, users } from '../support/fixtures.ts';
import { locales, say, wordsOf } from '../support/words.ts';

// All tests share one network address, which may fail 20 times in 15 minutes: fail rarely, and throttle an unknown user.

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('a user signs in to the overview and signs out', async ({ page }) => {
      await open(page, paths.signIn);
      await expect(page).toHaveTitle(`${words.sign_in.title} – Kagitaba`);
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      await page.getByRole('textbox', { name: words.sign_in.email }).fill(users.specialist);
      await page.getByLabel(words.sign_in.password).fill(password);
      await page.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
      await expect(page).toHaveURL(paths.overview);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.overview.title);

      await page.getByRole('button', { name: 'Daniel Oakley' }).click();
      await expect(page.locator('#person')).toContainText(words.role.implementation_specialist);
      await expect(page.locator('#person')).toContainText('Hoshi & Oak Agency');
      await page.getByRole('button', { name: words.sign_in.sign_out }).click();
      await expect(page).toHaveURL(paths.signIn);
    });

    test('a wrong password is refused and the address stays', async ({ page }) => {
      await open(page, paths.signIn);
      const email = page.getByRole('textbox', { name: words.sign_in.email });
      await email.fill(users.marketing);
      await page.getByLabel(words.sign_in.password).fill('not-the-password');
      await page.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
      await expect(page.getByRole('alert').filter({ hasText: words.error.wrong_credentials })).toBeVisible();
      await expect(email).toHaveValue(users.marketing);
      await expect(page).toHaveURL(paths.signIn);
      expect(await page.context().cookies()).not.toContainEqual(expect.objectContaining({ name: 'kagitaba_session' }));
      // One failure does not delay the next attempt.
      await page.getByLabel(words.sign_in.password).fill(password);
      await page.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
      await expect(page).toHaveURL(paths.overview);
    });
  });
}

test('the password can be looked at, and is hidden when it is sent', async ({ page }) => {
  await page.route('**/api/session/sign_in', (route) => route.fulfill({ status: 401, json: { Refused: 'WrongCredentials' } }));
  await open(page, paths.signIn);
  const input = page.locator('#password');
  const show = page.getByRole('button', { name: wordsOf('en').sign_in.show_typed });
  await input.fill('not-the-password');
  await expect(input).toHaveAttribute('type', 'password');
  await show.click();
  await expect(show).toHaveAttribute('aria-pressed', 'true');
  await expect(input).toHaveAttribute('type', 'text');
  await expect(input).toHaveValue('not-the-password');
  await show.click();
  await expect(input).toHaveAttribute('type', 'password');
  await show.click();
  await page.getByLabel('E-mail address').fill(users.finance);
  await input.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: wordsOf('en').error.wrong_credentials })).toBeVisible();
  await expect(input).toHaveAttribute('type', 'password');
});

test('an error at sign-in moves neither fields nor button', async ({ page }) => {
  await page.route('**/api/session/sign_in', (route) => route.fulfill({ status: 401, json: { Refused: 'WrongCredentials' } }));
  await open(page, paths.signIn);
  const submit = page.getByRole('button', { name: 'Sign in', exact: true });
  const [input, button] = [await page.locator('#password').boundingBox(), await submit.boundingBox()];
  await page.getByLabel('E-mail address').fill(users.finance);
  await page.getByLabel('Password').fill('whatever it is');
  await submit.click();
  await expect(page.getByRole('alert').filter({ hasText: wordsOf('en').error.wrong_credentials })).toBeVisible();
  await expect(submit).toBeEnabled();
  expect(await page.locator('#password').boundingBox()).toEqual(input);
  expect(await submit.boundingBox()).toEqual(button);
});

test('signing in leads to the page that was asked for', async ({ page }) => {
  const wanted = `${paths.tokens}?name=data&state=disabled`;
  await open(page, wanted);
  await expect(page).toHaveURL(`${paths.signIn}?${new URLSearchParams({ next: wanted }).toString()}`);
  await page.getByLabel('E-mail address').fill(users.administrator);
  await page.getByLabel('Password').fill(password);
  await page.getByLabel('Password').press('Enter');
  await expect(page).toHaveURL(wanted);
  await expect(page.getByRole('link', { name: 'Data lake backfill' })).toBeVisible();
});

test('without a session, pages reveal nothing of an account', async ({ request }) => {
  for (const path of [paths.overview, paths.settings, paths.tokens, paths.newToken, paths.tips]) {
    const answer = await request.get(path, { maxRedirects: 0, headers: { accept: 'text/html' } });
    expect(answer.status(), path).toBe(302);
    expect(await answer.text()).not.toMatch(/Hoshi|IR[0-9A-Za-z]{33}/);
  }
});

for (const outside of [
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  'javascript:alert(1)',
  'evil',
]) {
  test(`signing in never leads outside: ${JSON.stringify(outside)}`, async ({ page }) => {
    await open(page, `${paths.signIn}?${new URLSearchParams({ next: outside }).toString()}`);
    await page.getByLabel('E-mail address').fill(users.finance);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page).toHaveURL(paths.overview);
  });
}

test('scripts and other sites cannot use the session cookie', async ({ page }) => {
  await signIn(page, 'administrator');
  const cookies = await page.context().cookies();
  const session = cookies.find(({ name }) => name === 'kagitaba_session');
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
  await open(page, paths.settings);
  expect(await page.evaluate(() => document.cookie)).not.toContain('kagitaba_session');
  expect(await page.content()).not.toContain(session?.value);
});

test('signing out ends the session, and Back shows nothing', async ({ page, anotherPage }) => {
  await signIn(page, 'administrator');
  const [session] = await page.context().cookies();
  await open(page, `${paths.tokens}?name=data`);
  await page.getByRole('button', { name: /Aiko Tanaka/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(paths.signIn);
  expect((await page.context().cookies()).map(({ name }) => name)).not.toContain('kagitaba_session');

  await goBack(page);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await expect(page.getByText('Data lake backfill')).toHaveCount(0);

  const thief = await anotherPage();
  await thief.context().addCookies([session ?? { name: '', value: '' }]);
  await open(thief, paths.settings);
  await expect(thief).toHaveURL(/\/sign-in/);
});

test('each sign-in starts a session with a new id', async ({ page }) => {
  const values = new Set<string>();
  for (const user of ['administrator', 'administrator', 'specialist'] as const) {
    await signIn(page, user);
    const cookies = await page.context().cookies();
    values.add(cookies.find(({ name }) => name === 'kagitaba_session')?.value ?? '');
  }
  expect(values.size).toBe(3);
});

test('five failures throttle even an unknown e-mail address', async ({ page }) => {
  const email = 'stranger@nowhere.example';
  const attempt = () =>
    page.request.post('/api/session/sign_in', { form: { email, password: 'guess' }, headers: sameOrigin });
  for (let failure = 1; failure <= 5; failure += 1) {
    expect((await attempt()).status(), `failure ${failure}`).toBe(401);
  }
  expect((await attempt()).status()).toBe(429);

  await open(page, paths.signIn);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill('guess');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('main').getByRole('alert').first()).toHaveText(say(wordsOf('en').error.throttled, { minutes: 1 }));
  await page.getByRole('button', { name: '日本語' }).click();
  await expect(page.getByRole('main').getByRole('alert').first()).toHaveText(say(wordsOf('ja').error.throttled, { minutes: 1 }));
  // Other users can still sign in.
  await signIn(page, 'administrator');
});

test('the chosen language stays across pages and reloads', async ({ page }) => {
  await open(page, paths.signIn);
  await page.getByRole('button', { name: '日本語' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('サインイン');
  await expect(page.locator('html')).toHaveAttribute('lang', 'ja');
  await signIn(page, 'administrator');
  await open(page, paths.settings);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('設定');
  await expect(page.locator('html')).toHaveAttribute('lang', 'ja');
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Settings');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Settings');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
});
