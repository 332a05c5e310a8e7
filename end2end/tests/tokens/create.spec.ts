// Creating a token: the three steps, invalid input, and the secret that is shown once.

import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import {
  call,
  card,
  closeSecret,
  create,
  dialog,
  expect,
  formOf,
  gate,
  listOf,
  mark,
  namedLike,
  names,
  newToken,
  open,
  paths,
  sameOrigin,
  signIn,
  stillMarked,
  test,
  toast,
  unfold,
  unique,
} from '../support/fixtures.ts';
import { locales, say, wordsOf } from '../support/words.ts';

const en = wordsOf('en');

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

const nameField = (page: Page) => page.locator('#name');
const next = (page: Page) => page.getByRole('button', { name: 'Next', exact: true });
const submit = (page: Page) => page.getByRole('button', { name: 'Create', exact: true });
const step = (page: Page) => page.locator('.steps [aria-current="step"]');

/** Fills in a name and goes to the last step. */
async function toScopes(page: Page, name: string): Promise<void> {
  await open(page, paths.newToken);
  await nameField(page).fill(name);
  await next(page).click();
  await expect(step(page)).toHaveText(en.form.contact);
  await next(page).click();
  await expect(step(page)).toHaveText(en.form.scopes);
  await unfold(page);
}

/** Creates a token on the page and returns the credentials that the dialog shows. */
async function createByPage(page: Page, name: string): Promise<{ sid: string; secret: string }> {
  await toScopes(page, name);
  await page.getByRole('checkbox', { name: /Retrieve company information/ }).check();
  await submit(page).click();
  await expect(dialog(page)).toHaveAccessibleName(en.secret.created_title);
  const [sid = '', secret = ''] = await dialog(page).locator('.credentials code').allTextContents();
  return { sid, secret };
}

/** Sets a value by script, as the field's `maxlength` limits typing only. */
async function force(page: Page, selector: string, value: string): Promise<void> {
  await page.locator(selector).evaluate((field: HTMLInputElement | HTMLTextAreaElement, value) => {
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }, value);
}

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);
  const terms = {
    en: ['Create access token', 'Setup', 'Token name', 'Description', 'API version', 'Contact information', 'Primary contact', 'API scopes', 'Clear all', 'Create'],
    ja: ['アクセストークンを作成', '設定', 'トークン名', '説明', 'APIバージョン', '連絡先情報', '主な連絡先', 'APIスコープ', 'すべてクリア', '作成'],
  } as const;

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('three steps lead to a token that passes the gate', async ({ page, request }) => {
      const [title, setup, nameLabel, description, version, contact, primary, scopes, clearAll, createLabel] = terms[language];
      const name = unique('三段');
      await open(page, paths.tokens);
      await mark(page);
      await page.getByRole('link', { name: title }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);

      await expect(step(page)).toHaveText(setup);
      await expect(page.getByRole('combobox', { name: version })).toHaveValue('3');
      await page.getByRole('textbox', { name: nameLabel }).fill(name);
      await page.getByRole('textbox', { name: description }).fill('Made by a test.\n二行目');
      await page.getByRole('button', { name: words.next }).click();

      await expect(step(page)).toHaveText(contact);
      await expect(page.getByRole('heading', { name: contact, exact: true })).toBeFocused();
      await expect(page.getByRole('combobox', { name: primary }).locator('option:checked')).toContainText('admin@hoshi-oak.example');
      await page.getByRole('combobox', { name: primary }).selectOption({ label: 'Daniel Oakley (specialist@hoshi-oak.example)' });
      await page.getByRole('textbox', { name: words.form.developers }).fill('dev@partner.example, ops@partner.example\nDEV@partner.example');
      await page.getByRole('button', { name: words.next }).click();

      await expect(step(page)).toHaveText(scopes);
      const chosen = page.locator('.scopes-head .count');
      await page.getByRole('switch').nth(3).check();
      await expect(chosen).toHaveText(say(words.form.chosen_many, { count: 4 }));
      await page.getByRole('button', { name: clearAll }).click();
      await expect(chosen).toHaveText(say(words.form.chosen_many, { count: 0 }));
      await unfold(page);
      await page.locator('input[value="getCompanyInformation"]').check();
      await expect(chosen).toHaveText(words.form.chosen_one);
      await page.getByRole('button', { name: createLabel, exact: true }).click();

      await expect(dialog(page)).toHaveAccessibleName(words.secret.created_title);
      await expect(dialog(page)).toContainText(words.secret.warning);
      const [sid = '', secret = ''] = await dialog(page).locator('.credentials code').allTextContents();
      expect(sid).toMatch(/^IR[0-9A-Za-z]{33}$/);
      expect(secret).toMatch(/^kgt_[0-9A-Za-z]{38}$/);
      expect(await gate(request, sid, secret)).toBe(200);
      await closeSecret(page, language);
      await expect(page).toHaveURL(paths.tokens);
      await expect(toast(page, say(words.done.created, { name }))).toBeVisible();
      await expect(card(page, name)).toContainText('Daniel Oakley');
      await expect(card(page, name)).toContainText(sid);
      await stillMarked(page);

      await card(page, name).getByRole('link', { name }).click();
      await expect(page.locator('#developers')).toHaveValue('dev@partner.example\nops@partner.example');
      await expect(page.locator('#description')).toHaveValue('Made by a test.\n二行目');
    });

    test('each step reports missing fields and focuses them', async ({ page }) => {
      await open(page, paths.newToken);
      await page.getByRole('button', { name: words.next }).click();
      await expect(nameField(page)).toHaveAccessibleDescription(new RegExp(words.problem.required));
      await expect(nameField(page)).toHaveAttribute('aria-invalid', 'true');
      await expect(nameField(page)).toBeFocused();
      await nameField(page).fill(unique('Steps'));
      await page.getByRole('button', { name: words.next }).click();

      await page.locator('#primary-contact').selectOption('');
      await page.locator('#developers').fill('dev@partner.example nobody@');
      await page.getByRole('button', { name: words.next }).click();
      await expect(page.locator('#primary-contact')).toHaveAccessibleDescription(new RegExp(words.problem.required_choice));
      await expect(page.locator('#primary-contact')).toBeFocused();
      await expect(page.locator('#developers-error')).toHaveText(say(words.problem.not_an_email, { input: 'nobody@' }));
      await page.locator('#primary-contact').selectOption({ index: 1 });
      await page.locator('#developers').fill('');
      await page.getByRole('button', { name: words.next }).click();

      await page.getByRole('button', { name: words.form.create, exact: true }).click();
      await expect(page.locator('#scopes-error')).toHaveText(words.problem.required_scope);
      await expect(page.locator('#scopes')).toBeFocused();
      await expect(dialog(page)).toBeHidden();
    });
  });
}

test('Back and Next keep the input', async ({ page }) => {
  const name = unique('Kept');
  await toScopes(page, name);
  await page.getByRole('checkbox', { name: /List jobs/ }).check();
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(step(page)).toHaveText(en.form.contact);
  await page.locator('#developers').fill('dev@partner.example');
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(step(page)).toHaveText(en.form.setup);
  await expect(page.getByRole('button', { name: 'Back' })).toBeHidden();
  await expect(nameField(page)).toHaveValue(name);
  await page.locator('#description').fill('And this');
  await page.locator('#api-version').selectOption('2');
  await next(page).click();
  await expect(page.locator('#developers')).toHaveValue('dev@partner.example');
  await next(page).click();
  await expect(page.getByRole('checkbox', { name: /List jobs/ })).toBeChecked();
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(page.locator('#description')).toHaveValue('And this');
  await expect(page.locator('#api-version')).toHaveValue('2');
});

test('a finished step has a tick and leads back to itself', async ({ page }) => {
  const name = unique('Ticked');
  await toScopes(page, name);
  const finished = page.locator('.steps .done');
  await expect(finished).toHaveCount(2);
  for (const done of await finished.all()) {
    expect(await done.evaluate((item) => getComputedStyle(item, '::before').content)).toContain('✓');
  }
  await page.getByRole('button', { name: `${en.form.setup} (${en.form.step_finished})`, exact: true }).click();
  await expect(step(page)).toHaveText(en.form.setup);
  await expect(page.getByRole('heading', { name: en.form.setup, exact: true })).toBeFocused();
  await expect(nameField(page)).toHaveValue(name);
  // Steps that are still to come are no buttons.
  await expect(page.locator('.steps').getByRole('button')).toHaveCount(0);
});

test('the last step reviews what was typed', async ({ page }) => {
  const name = unique('Reviewed');
  await toScopes(page, name);
  const review = page.getByRole('region', { name: en.form.review });
  await expect(review).toContainText(name);
  // A new token expires by itself unless one chooses otherwise.
  await expect(review).toContainText(say(en.form.expires_days, { count: 90 }));
  await expect(review).not.toContainText(en.form.developers);
  await page.locator('input[value="listJobs"]').check();
  await expect(review).toContainText('Jobs 1/4');
  await expect(review.locator('.access')).toHaveCount(0);
  await page.locator('input[value="replayJob"]').check();
  await expect(review).toContainText('Jobs 2/4');
  await expect(review.locator('.access')).toHaveText(en.form.writes);

  await page.getByRole('button', { name: 'Back' }).click();
  await expect(review).toBeHidden();
  await page.locator('#developers').fill('dev@partner.example');
  await page.getByRole('button', { name: 'Back' }).click();
  await page.locator('#expires').selectOption(en.form.expires_never);
  await next(page).click();
  await next(page).click();
  await expect(review).toContainText('dev@partner.example');
  await expect(review).toContainText(en.form.expires_never);
});

test('Enter in a field completes its own step only', async ({ page }) => {
  await open(page, paths.newToken);
  await nameField(page).fill(unique('Enter'));
  await nameField(page).press('Enter');
  await expect(dialog(page)).toBeHidden();
  await expect(page).toHaveURL(paths.newToken);
  // Later steps do not report missing fields before they are reached.
  await expect(step(page)).toHaveText(en.form.contact);
});

test('a category switch selects all of its operations', async ({ page }) => {
  await toScopes(page, unique('Switch'));
  const jobs = page.getByRole('group', { name: 'Jobs' });
  const all = jobs.getByRole('switch', { name: 'All of Jobs' });
  await all.check();
  await expect(jobs.getByRole('checkbox', { checked: true })).toHaveCount(4);
  await jobs.getByRole('checkbox', { name: /Replay a job/ }).uncheck();
  await expect(all).toHaveJSProperty('indeterminate', true);
  await expect(all).not.toBeChecked();
  await jobs.getByRole('checkbox', { name: /Replay a job/ }).check();
  await expect(all).toBeChecked();
  await all.uncheck();
  await expect(jobs.getByRole('checkbox', { checked: true })).toHaveCount(0);
});

test('the secret can be copied, downloaded and tried', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const name = unique('Shown once');
  const { sid, secret } = await createByPage(page, name);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

  await dialog(page).getByRole('button', { name: 'Copy the Auth Token' }).click();
  await expect(dialog(page).getByRole('status').filter({ hasText: 'Copied' })).toBeAttached();
  expect(await clipboard()).toBe(secret);
  await dialog(page).getByRole('button', { name: 'Copy the Account SID' }).click();
  await expect.poll(clipboard).toBe(sid);

  const downloading = page.waitForEvent('download');
  await dialog(page).getByRole('button', { name: 'Download as .env' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe(`${sid}.env`);
  const file = await readFile(await download.path(), 'utf8');
  expect(file).toBe(`# ${name}\nACCOUNT_SID=${sid}\nAUTH_TOKEN=${secret}\n`);

  await dialog(page).getByText('Try it', { exact: true }).click();
  await dialog(page).getByRole('button', { name: 'Send request' }).click();
  const answer = dialog(page).locator('.try-it-answer');
  await expect(answer.locator('.badge')).toHaveText(/^200/);
  await expect(answer).toContainText('content-type: application/json');
  await expect(answer).toContainText('Hoshi & Oak Agency');
  await expect(answer).toContainText(`/Agencies/${sid}/CompanyInformation`);
});

test('a closed dialog leaves the secret nowhere in the browser', async ({ page }) => {
  const name = unique('Nowhere');
  const { sid, secret } = await createByPage(page, name);
  await closeSecret(page);
  await expect(card(page, name)).toBeVisible();
  expect(await page.content()).not.toContain(secret);
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(stored).not.toContain('kgt_');
  const addresses = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name));
  expect(addresses.join()).not.toContain('kgt_');

  const list = await (await page.goto(listOf(name)))?.text();
  expect(list).toContain(sid);
  expect(list).not.toContain(secret);
  const link = await card(page, name).getByRole('link', { name }).getAttribute('href');
  const edit = await (await page.goto(link ?? ''))?.text();
  expect(edit).toContain(sid);
  expect(edit).not.toContain(secret);
  expect(await page.content()).not.toContain(secret);
});

test('the response with the secret is not cached', async ({ page }) => {
  const answering = page.waitForResponse('**/api/tokens/create');
  await createByPage(page, unique('No store'));
  const answer = await answering;
  expect(answer.headers()['cache-control']).toContain('no-store');
});

test('a duplicate name is allowed and noted', async ({ page }) => {
  const token = await newToken(page, { name: unique('Twice') });
  await createByPage(page, token.name);
  await expect(dialog(page)).toContainText(en.done.name_exists);
  await closeSecret(page);
  await open(page, listOf(token.name));
  await expect(names(page)).toHaveText([token.name, token.name]);
});

test('a double click on Create creates one token', async ({ page }) => {
  const name = unique('Double');
  await toScopes(page, name);
  await page.getByRole('checkbox', { name: /List jobs/ }).check();
  // Both clicks in one task, before the page can render in between.
  await submit(page).evaluate((button: HTMLButtonElement) => {
    button.click();
    button.click();
  });
  await closeSecret(page);
  await expect(page).toHaveURL(paths.tokens);
  await open(page, listOf(name));
  await expect(names(page)).toHaveText([name]);
});

test('the same request sent twice is carried out once', async ({ page }) => {
  const [name, request] = [unique('Resent'), crypto.randomUUID()];
  expect((await create(page, { name }, request)).status()).toBe(200);
  const second = await create(page, { name }, request);
  expect(second.status()).toBe(409);
  expect(await second.text()).not.toContain('kgt_');
  await open(page, listOf(name));
  await expect(names(page)).toHaveCount(1);
});

test.describe('Unusual names', () => {
  for (const [what, value] of [
    ['no characters', ''],
    ['spaces', '     '],
    ['an ideographic space', '\u3000'],
    ['zero-width characters alone', '\u200b\u200d\ufeff'],
  ] as const) {
    test(`a name of ${what} is refused`, async ({ page }) => {
      await open(page, paths.newToken);
      await force(page, '#name', value);
      await next(page).click();
      await expect(page.locator('#name-error')).toHaveText(en.problem.required);
      await expect(nameField(page)).toBeFocused();
    });
  }

  test('10,000 characters are refused in name and description', async ({ page }) => {
    await open(page, paths.newToken);
    await force(page, '#name', 'n'.repeat(10_000));
    await force(page, '#description', 'd'.repeat(10_000));
    await next(page).click();
    await expect(page.locator('#name-error')).toHaveText(say(en.problem.too_long, { max: 100 }));
    await expect(page.locator('#description-error')).toHaveText(say(en.problem.too_long, { max: 1000 }));
    await expect(step(page)).toHaveText(en.form.setup);
  });

  for (const [what, value] of [
    ['a zero-width space', 'Ex\u200bport'],
    ['a change of direction', 'Export \u202egpj.exe'],
    ['a null character', 'Ex\u0000port'],
  ] as const) {
    test(`${what} in a name is refused`, async ({ page }) => {
      await open(page, paths.newToken);
      await force(page, '#name', value);
      await next(page).click();
      await expect(page.locator('#name-error')).toHaveText(en.problem.unsupported_characters);
    });
  }

  for (const value of [
    '😀 👨‍👩‍👧‍👦 🇯🇵',
    'שלום עולם مرحبا',
    'می‌خواهم',
    '<script>window.hacked = true</script><img src=x onerror="window.hacked = true">',
    "' OR 1=1; DROP TABLE tokens; --",
    '{{ name }} &amp; %s %n “quoted” \\',
  ]) {
    test(`${value.slice(0, 36)} is accepted as a name`, async ({ page }) => {
      const name = unique(value);
      await createByPage(page, name);
      await expect(dialog(page).locator('.dialog-name')).toHaveText(name);
      await closeSecret(page);
      await expect(toast(page, `“${name}” was created`)).toBeVisible();
      await open(page, listOf(name));
      await expect(names(page)).toHaveText([name]);
      await card(page, name).getByRole('link').click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
      await expect(nameField(page)).toHaveValue(name);
      await page.reload();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
      await expect(page).toHaveTitle(`${name} – Kagitaba`);
      expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    });
  }
});

test('the server refuses invalid forms that bypass the page', async ({ page }) => {
  const good = await formOf(page, { name: unique('Forged') });
  const send = async (form: Record<string, string>) => {
    const answer = await page.request.post('/api/tokens/create', {
      form: { ...good, request: crypto.randomUUID(), ...form },
      headers: sameOrigin,
    });
    return { status: answer.status(), text: await answer.text() };
  };
  for (const [form, field] of [
    [{ 'form[name]': '  ' }, 'name'],
    [{ 'form[name]': 'n'.repeat(10_000) }, 'name'],
    [{ 'form[name]': 'a\u200bb' }, 'name'],
    [{ 'form[description]': 'd'.repeat(1001) }, 'description'],
    [{ 'form[api_version]': '9' }, 'api_version'],
    [{ 'form[api_version]': '-1' }, 'api_version'],
    [{ 'form[api_version]': '' }, 'api_version'],
    [{ 'form[primary_contact]': crypto.randomUUID() }, 'primary_contact'],
    [{ 'form[primary_contact]': "' OR 1=1" }, 'primary_contact'],
    [{ 'form[developers]': 'nobody' }, 'developers'],
    [{ 'form[scopes][0]': 'everything' }, 'scopes'],
    [{ 'form[scopes][0]': '*' }, 'scopes'],
  ] as const) {
    const { status, text } = await send(form);
    expect(status, `${JSON.stringify(form).slice(0, 80)}: ${text}`).toBe(422);
    expect(text).toContain(field);
  }
  const { 'form[scopes][0]': _, ...noScopes } = good;
  const none = await page.request.post('/api/tokens/create', {
    form: { ...noScopes, request: crypto.randomUUID() },
    headers: sameOrigin,
  });
  expect(none.status()).toBe(422);
  const noRequest = await page.request.post('/api/tokens/create', { form: good, headers: sameOrigin });
  expect(noRequest.status()).toBe(400);
  const list = await call(page, 'tokens/list', namedLike(good['form[name]'] ?? ''));
  expect(await list.json()).toMatchObject({ tokens: [] });
});
