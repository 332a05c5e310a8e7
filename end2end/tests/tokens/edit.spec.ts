// Editing a token: three sections, conflicting changes, reset, and Try it.

import type { Page } from '@playwright/test';
import {
  call,
  card,
  closeSecret,
  dialog,
  expect,
  formOf,
  gate,
  listOf,
  mark,
  newToken,
  open,
  paths,
  running,
  sameOrigin,
  signIn,
  stillMarked,
  test,
  toast,
  unfold,
  unique,
  update,
  type Token,
} from '../support/fixtures.ts';
import { locales, say, wordsOf } from '../support/words.ts';

const en = wordsOf('en');

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

/** Changes the token's name and description as a colleague, by the server function. */
async function changeAsColleague(
  page: Page,
  token: Token,
  name: string,
  description: string,
  expires = '',
): Promise<void> {
  const fields = { ...(await formOf(page, { name, description })), 'form[expires]': expires };
  const form = { ...fields, id: token.id, revision: String(token.revision) };
  const answer = await page.request.post('/api/tokens/update', { form, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
}

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);
  const sections = {
    en: ['Overview', 'API credentials', 'API scopes'],
    ja: ['概要', 'API資格情報', 'APIスコープ'],
  }[language];
  const labels = { en: { update: 'Update', reset: 'Reset token' }, ja: { update: '更新', reset: 'トークンをリセット' } }[language];

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('a token opens from its card, and all sections can change', async ({ page }) => {
      const token = await newToken(page, { name: unique('Before'), version: 2 });
      const name = unique('After');
      await open(page, listOf(token.name));
      await mark(page);
      await card(page, token.name).click({ position: { x: 20, y: 90 } });
      await expect(page).toHaveURL(paths.token(token.id));
      await expect(page.locator('.form-section > h2')).toHaveText(sections);

      await page.getByRole('textbox', { name: words.form.name }).fill(name);
      await page.getByRole('textbox', { name: words.form.description }).fill('Changed');
      await page.getByRole('combobox', { name: words.form.api_version }).selectOption('3');
      await page.getByRole('combobox', { name: words.form.primary_contact }).selectOption({ label: 'Daniel Oakley (specialist@hoshi-oak.example)' });
      await page.getByRole('textbox', { name: words.form.developers }).fill('dev@partner.example');
      await unfold(page);
      await page.locator('input[value="listJobs"]').check();
      await page.locator('input[value="getCompanyInformation"]').uncheck();
      await page.getByRole('button', { name: labels.update, exact: true }).click();
      await expect(dialog(page)).toHaveAccessibleName(say(words.ask.update_title, { name }));
      await expect(dialog(page)).toContainText(words.ask.update_text);
      await dialog(page).getByRole('button', { name: labels.update, exact: true }).click();
      await expect(toast(page, say(words.done.updated, { name }))).toBeVisible();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
      // There is no newer version to choose any more.
      await expect(page.getByRole('combobox', { name: words.form.api_version })).toHaveCount(0);
      await stillMarked(page);

      await page.getByRole('link', { name: words.form.leave }).click();
      await expect(card(page, name)).toContainText('Daniel Oakley');
      await expect(card(page, name)).toContainText('Changed');
      await open(page, paths.token(token.id));
      await expect(page.locator('#developers')).toHaveValue('dev@partner.example');
      await expect(page.locator('input[name="form[scopes][]"]:checked')).toHaveValue('listJobs');
    });

    test('Reset token is confirmed and shows the new secret once', async ({ page, request }) => {
      const token = await newToken(page);
      await open(page, paths.token(token.id));
      await expect(page.locator('.credentials code').first()).toHaveText(token.sid);
      await expect(page.getByText(words.form.auth_token_hidden)).toBeVisible();
      expect(await page.content()).not.toContain(token.secret);
      await page.getByRole('button', { name: labels.reset }).click();
      await expect(dialog(page)).toHaveAccessibleName(say(words.ask.reset_title, { name: token.name }));
      await dialog(page).getByRole('button', { name: words.item.reset, exact: true }).click();
      await expect(dialog(page)).toHaveAccessibleName(words.secret.reset_title);
      const secret = (await dialog(page).locator('code.secret').textContent()) ?? '';
      expect(await gate(request, token.sid, token.secret)).toBe(401);
      expect(await gate(request, token.sid, secret)).toBe(200);
      await closeSecret(page, language);
      await expect(dialog(page)).toBeHidden();
      expect(await page.content()).not.toContain(secret);
      // One's own reset does not conflict with the next change.
      await page.locator('#description').fill('After the reset');
      await update(page, labels.update);
      await expect(toast(page, say(words.done.updated, { name: token.name }))).toBeVisible();
    });

    test('a conflicting change is reported and no input is lost', async ({ page, anotherPage }) => {
      const token = await newToken(page);
      await open(page, paths.token(token.id));
      await page.locator('#description').fill('Mine');
      await page.locator('#expires').selectOption('30');
      const colleague = await anotherPage();
      await signIn(colleague, 'specialist');
      const theirs = unique('Theirs');
      await changeAsColleague(colleague, token, theirs, 'Of a colleague', '90');

      await update(page, labels.update);
      const note = page.getByRole('alert').filter({ hasText: words.form.conflict_title });
      const fields = [words.form.name, words.form.description, words.form.expires].join(words.separator);
      await expect(note).toContainText(say(words.form.conflict_text, { fields }));
      await expect(page.locator('#description')).toHaveValue('Mine');
      await expect(page.locator('#name')).toHaveValue(token.name);
      await expect(page.locator('#expires')).toHaveValue('30');
      const now = await call(page, 'tokens/editable', { id: token.id });
      expect(await now.json()).toMatchObject({ token: { settings: { name: theirs, description: 'Of a colleague' } } });

      await update(page, labels.update);
      await expect(toast(page, say(words.done.updated, { name: token.name }))).toBeVisible();
      await expect(note).toHaveCount(0);
      await expect(page.locator('.page-head .expiry')).toHaveText(say(words.card.expires_in, { count: 30 }));
      await expect(page.locator('#expires')).toHaveValue(/^@\d+$/);
      const then = await call(page, 'tokens/editable', { id: token.id });
      expect(await then.json()).toMatchObject({ token: { settings: { name: token.name, description: 'Mine' } } });
    });

    test('the conflicting values can be loaded instead', async ({ page, anotherPage }) => {
      const token = await newToken(page);
      await open(page, paths.token(token.id));
      await page.locator('#name').fill('Mine');
      const colleague = await anotherPage();
      await signIn(colleague, 'specialist');
      const theirs = unique('Theirs');
      await changeAsColleague(colleague, token, theirs, 'Of a colleague');
      await update(page, labels.update);
      await page.getByRole('button', { name: words.form.load_theirs }).click();
      await expect(page.locator('#name')).toHaveValue(theirs);
      await expect(page.locator('#description')).toHaveValue('Of a colleague');
      await expect(page.getByText(words.form.conflict_title)).toHaveCount(0);
      await page.locator('#description').fill('Together');
      await update(page, labels.update);
      await expect(toast(page, say(words.done.updated, { name: theirs }))).toBeVisible();
    });

    test('an unknown token id is answered by a 404 page', async ({ page }) => {
      const deleted = await newToken(page);
      await call(page, 'tokens/delete', { id: deleted.id });
      for (const id of [crypto.randomUUID(), deleted.id, 'x', '0', "' OR 1=1", '<script>']) {
        const answer = await page.goto(paths.token(encodeURIComponent(id)));
        expect(answer?.status(), id).toBe(404);
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.token_not_found);
        await expect(page.getByText(words.token_not_found_text)).toBeVisible();
      }
      await running(page);
      await page.getByRole('link', { name: words.to_tokens }).click();
      await expect(page).toHaveURL(paths.tokens);
    });
  });
}

test('only a token on an old version offers a newer one', async ({ page }) => {
  const [old, newest] = [await newToken(page, { version: 2 }), await newToken(page)];
  await open(page, paths.token(newest.id));
  await expect(page.locator('#name')).toHaveValue(newest.name);
  await expect(page.getByRole('combobox', { name: 'API version' })).toHaveCount(0);
  await open(page, paths.token(old.id));
  const version = page.getByRole('combobox', { name: 'API version' });
  await expect(version).toHaveValue('2');
  await expect(version.locator('option')).toHaveText(['3 (newest)', '2']);
  await page.locator('#description').fill('Still on 2');
  await update(page);
  await expect(toast(page, 'was updated')).toBeVisible();
  await expect(version).toHaveValue('2');
  // The server refuses an older version, too.
  const form = { ...(await formOf(page, { name: 'Back', version: 2 })), id: newest.id, revision: '1' };
  const back = await page.request.post('/api/tokens/update', { form, headers: sameOrigin });
  expect(back.status()).toBe(422);
});

test('Cancel and Escape change nothing and keep the input', async ({ page }) => {
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Typed');
  for (const how of ['Cancel', 'Escape'] as const) {
    await page.getByRole('button', { name: 'Update', exact: true }).click();
    await expect(dialog(page)).toBeVisible();
    await (how === 'Cancel' ? dialog(page).getByRole('button', { name: how }).click() : page.keyboard.press(how));
    await expect(dialog(page)).toBeHidden();
    await expect(page.locator('#description')).toHaveValue('Typed');
  }
  const now = await call(page, 'tokens/editable', { id: token.id });
  expect(await now.json()).toMatchObject({ token: { revision: token.revision, settings: { description: '' } } });
});

test('invalid input is reported before the confirmation', async ({ page }) => {
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  for (const [name, problem] of [
    ['', en.problem.required],
    ['   ', en.problem.required],
    ['n'.repeat(10_000), say(en.problem.too_long, { max: 100 })],
    ['a\u200bb', en.problem.unsupported_characters],
  ] as const) {
    await page.locator('#name').evaluate((field: HTMLInputElement, name) => (field.value = name), name);
    await page.getByRole('button', { name: 'Update', exact: true }).click();
    await expect(page.locator('#name-error')).toHaveText(problem);
    await expect(page.locator('#name')).toBeFocused();
    await expect(dialog(page)).toBeHidden();
  }
  await page.locator('#name').fill(token.name);
  await page.getByRole('button', { name: 'Clear all' }).click();
  await page.getByRole('button', { name: 'Update', exact: true }).click();
  await expect(page.locator('#scopes-error')).toHaveText(en.problem.required_scope);
  await expect(page.locator('#name-error')).toHaveText('');
  await unfold(page);
  await page.locator('input[value="listJobs"]').check();
  await update(page);
  await expect(toast(page, 'was updated')).toBeVisible();
});

test('a removed scope is refused from the next call on', async ({ page, request }) => {
  const token = await newToken(page, { scopes: ['getCompanyInformation', 'listJobs'] });
  expect(await gate(request, token.sid, token.secret)).toBe(200);
  await open(page, paths.token(token.id));
  await page.getByRole('checkbox', { name: /Retrieve company information/ }).uncheck();
  await update(page);
  await expect(toast(page, 'was updated')).toBeVisible();
  expect(await gate(request, token.sid, token.secret)).toBe(403);
});

test('a duplicate name is allowed and noted', async ({ page }) => {
  const [token, other] = [await newToken(page), await newToken(page)];
  await open(page, paths.token(token.id));
  await page.locator('#name').fill(other.name);
  await update(page);
  await expect(toast(page, en.done.name_exists)).toBeVisible();
});

test('a double click on the confirmation updates once', async ({ page }) => {
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Once');
  await page.getByRole('button', { name: 'Update', exact: true }).click();
  await dialog(page)
    .getByRole('button', { name: 'Update', exact: true })
    .evaluate((button: HTMLButtonElement) => {
      button.click();
      button.click();
    });
  await expect(toast(page, 'was updated')).toBeVisible();
  await expect(page.getByText(en.form.conflict_title)).toHaveCount(0);
  const now = await call(page, 'tokens/editable', { id: token.id });
  expect(await now.json()).toMatchObject({ token: { revision: token.revision + 1 } });
});

test('a reset made meanwhile is reported as a conflict', async ({ page }) => {
  const token = await newToken(page);
  // Without live updates, as they would report the reset at once.
  await page.route('**/live?*', (route) => route.fulfill({ status: 429 }));
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Mine');
  await call(page, 'tokens/reset', { id: token.id, revision: token.revision });
  await update(page);
  const note = page.getByRole('alert').filter({ hasText: en.form.conflict_title });
  await expect(note).toContainText(say(en.form.conflict_text, { fields: en.form.conflict_none }));
  await expect(page.locator('#description')).toHaveValue('Mine');
});

test('no input is lost if the session ends meanwhile', async ({ page }) => {
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Typed for long');
  await call(page, 'session/sign_out', {});
  await update(page);
  await expect(page.getByRole('alert').filter({ hasText: en.error.sign_in_needed })).toBeVisible();
  const again = page.getByRole('link', { name: en.sign_in.again });
  await expect(again).toHaveAttribute('target', '_blank');
  await expect(page.locator('#description')).toHaveValue('Typed for long');
  await signIn(page, 'administrator');
  await update(page);
  await expect(toast(page, 'was updated')).toBeVisible();
  await expect(again).toHaveCount(0);
});

test('the Account SID can be copied', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  for (const section of [en.form.summary, en.form.credentials]) {
    await page.getByRole('region', { name: section }).getByRole('button', { name: 'Copy the Account SID' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(token.sid);
    await page.evaluate(() => navigator.clipboard.writeText(''));
  }
  await open(page, listOf(token.name));
  await page.getByRole('button', { name: `Copy the Account SID of ${token.name}` }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(token.sid);
});

// Screen readers read only what changes in a region that they know already.
test('a focused Copy button has a region for its result', async ({ page }) => {
  const token = await newToken(page);
  await open(page, listOf(token.name));
  const said = card(page, token.name).getByRole('status');
  await expect(said).toHaveCount(0);
  await page.getByRole('button', { name: `Copy the Account SID of ${token.name}` }).focus();
  await expect(said).toHaveCount(1);
});

test('Try it shows the response and sends no session cookie', async ({ page }) => {
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  const tryIt = page.getByRole('region', { name: 'Try it' });
  const field = tryIt.getByLabel(/^Auth Token to test/);
  const answer = tryIt.locator('.try-it-answer');
  await expect(field).toHaveAttribute('type', 'password');
  for (const [secret, status] of [
    ['kgt_wrong', '401'],
    ['鍵束 \u0000', '401'],
    [token.secret, '200'],
    [`  ${token.secret} `, '200'],
  ] as const) {
    const sending = page.waitForRequest(`**/Agencies/${token.sid}/CompanyInformation`);
    await field.fill(secret);
    await tryIt.getByRole('button', { name: 'Send request' }).click();
    expect((await (await sending).allHeaders())['cookie']).toBeUndefined();
    await expect(answer.locator('.badge')).toContainText(status);
  }
  await expect(answer).toContainText('"Hoshi & Oak Agency"');
  await call(page, 'tokens/disable', { id: token.id });
  await field.fill(token.secret);
  await tryIt.getByRole('button', { name: 'Send request' }).click();
  await expect(answer.locator('.badge')).toContainText('403');
  await expect(answer).toContainText('"Status": "ERROR"');
  expect(page.url()).not.toContain('kgt_');
});

test('Try it offers the operations that the token may call', async ({ page }) => {
  const token = await newToken(page, { scopes: ['updateCompanyInformation', 'getJob', 'listJobs'] });
  await open(page, paths.token(token.id));
  const tryIt = page.getByRole('region', { name: en.try_it.title });
  const answer = tryIt.locator('.try-it-answer');
  const operation = tryIt.getByRole('combobox', { name: en.try_it.operation });
  await expect(operation.getByRole('option')).toHaveText(['List jobs', 'Retrieve a job']);
  await tryIt.locator('input[type="password"]').fill(token.secret);
  await expect(tryIt.locator('.try-it-request code')).toHaveText(`GET /Agencies/${token.sid}/Jobs`);
  await tryIt.getByRole('button', { name: en.try_it.send }).click();
  await expect(answer.locator('.badge')).toContainText('200');

  await operation.selectOption('Retrieve a job');
  await expect(tryIt.locator('.try-it-request code')).toHaveText(`GET /Agencies/${token.sid}/Jobs/{JobId}`);
  await tryIt.getByLabel('JobId').fill('no such/job');
  const sending = page.waitForRequest(`**/Agencies/${token.sid}/Jobs/**`);
  await tryIt.getByRole('button', { name: en.try_it.send }).click();
  expect(new URL((await sending).url()).pathname).toBe(`/Agencies/${token.sid}/Jobs/no%20such%2Fjob`);
  await expect(answer.locator('.badge')).toHaveText(/^4/);
});

test('Try it says that no scope can be tried', async ({ page }) => {
  const token = await newToken(page, { scopes: ['updateCompanyInformation'] });
  await open(page, paths.token(token.id));
  const tryIt = page.getByRole('region', { name: en.try_it.title });
  await expect(tryIt).toContainText(en.try_it.none);
  await expect(tryIt.getByRole('button')).toHaveCount(0);
});

for (const description of ['a=1&copy=2', '</textarea><h1>x</h1>', '</title><b>n', 'first\n\n<!-- second -->', '&lt;b&gt; "\'']) {
  test(`the description ${JSON.stringify(description)} stays as typed`, async ({ page }) => {
    const name = `</title><b>n ${unique('Hostile')}`;
    const token = await newToken(page, { name, description });
    await open(page, paths.token(token.id));
    const field = page.getByLabel(en.form.description);
    await expect(field).toHaveValue(description);
    await expect(page).toHaveTitle(`${name} – ${en.product}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
    // Another field changes, and the description must stay.
    await page.getByLabel(en.form.developers).fill('dev@agency.example');
    await update(page);
    await expect(toast(page, say(en.done.updated, { name }))).toBeVisible();
    await page.reload();
    await running(page);
    await expect(field).toHaveValue(description);
    const answer = await call(page, 'tokens/editable', { id: token.id });
    expect(await answer.json()).toMatchObject({ token: { settings: { name, description } } });
  });
}
