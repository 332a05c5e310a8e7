// The pages in a browser without scripts, in which plain forms and links do most of the work.

import { expect, listOf, names, newToken, password, paths, signIn, test, unfold, unique, users } from '../support/fixtures.ts';
import { locales, wordsOf } from '../support/words.ts';

test.use({ javaScriptEnabled: false });

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('plain forms sign in and out', async ({ page }) => {
      await page.goto(`${paths.signIn}?next=${encodeURIComponent(paths.tokens)}`);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.sign_in.title);
      await page.getByLabel(words.sign_in.email).fill(users.administrator);
      await page.getByLabel(words.sign_in.password).fill(password);
      await page.getByRole('button', { name: words.sign_in.submit, exact: true }).click();
      await expect(page).toHaveURL(paths.tokens);
      await page.getByRole('button', { name: /Aiko Tanaka/ }).click();
      await page.getByRole('button', { name: words.sign_in.sign_out }).click();
      await expect(page).toHaveURL(paths.signIn);
      await page.goto(paths.tokens);
      await expect(page).toHaveURL(/\/sign-in\?next=/);
    });

    test('the filters are a form with a button', async ({ page }) => {
      await signIn(page, 'administrator');
      await page.goto(`${paths.tokens}?sort=name`);
      await page.getByRole('searchbox', { name: words.filter.name }).fill('data');
      await page.getByRole('radio', { name: words.state.disabled }).check();
      await page.getByRole('radio', { name: words.filter.more_than_30_days }).check();
      await page.getByRole('button', { name: words.filter.apply }).click();
      await expect(names(page)).toHaveText(['Data lake backfill']);
      const query = Object.fromEntries(new URL(page.url()).searchParams);
      expect(query).toMatchObject({ name: 'data', state: 'disabled', created: 'more-than-30-days', sort: 'name' });
      await expect(page.getByRole('searchbox')).toHaveValue('data');
      await expect(page.getByRole('radio', { name: words.state.disabled })).toBeChecked();
      await page.locator('#filters').getByRole('link', { name: words.filter.clear_all }).click();
      await expect(names(page)).toHaveCount(24);
      const [first, last] = [await names(page).first().textContent(), await names(page).last().textContent()];
      await page.getByRole('link', { name: words.pager.next, exact: true }).click();
      await expect(page).toHaveURL(/\?sort=name&after=/);
      await expect(names(page).first()).not.toHaveText(first ?? '');
      await page.getByRole('link', { name: words.pager.previous, exact: true }).click();
      // Tokens that other tests create meanwhile may sort before these.
      await expect(names(page).last()).toHaveText(last ?? '');
      await page.getByRole('link', { name: words.pager.last, exact: true }).click();
      await expect(page).toHaveURL(/\?sort=name&before=end$/);
      await page.getByRole('link', { name: words.pager.first, exact: true }).click();
      await expect(names(page).first()).toHaveText(first ?? '');
    });

    test('the overview leads to the list, where more filters are', async ({ page }) => {
      await signIn(page, 'administrator');
      await page.goto(paths.overview);
      await page.getByRole('link', { name: words.filter.old_version }).click();
      await expect(page).toHaveURL(`${paths.tokens}?condition=old-version`);
      await expect(page.getByRole('radio', { name: words.filter.old_version })).toBeChecked();
      await page.getByRole('radio', { name: words.filter.any_condition }).check();
      await page.getByRole('button', { name: words.filter.apply }).click();
      await expect(page.getByRole('radio', { name: words.filter.any_condition })).toBeHidden();
      await page.locator('#filters').getByText(words.filter.more).click();
      await page.getByRole('radio', { name: words.filter.unused }).check();
      await page.getByRole('searchbox').fill('no such name');
      await page.getByRole('button', { name: words.filter.apply }).click();
      await expect(page.getByRole('heading', { name: words.tokens.nothing_title })).toBeVisible();
      const query = Object.fromEntries(new URL(page.url()).searchParams);
      expect(query).toMatchObject({ name: 'no such name', condition: 'unused' });
    });

    test('a token is edited by a plain form', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { version: 2 });
      await page.goto(listOf(token.name));
      await page.getByRole('link', { name: token.name }).click();
      await page.getByLabel(words.form.description).fill('By a plain form');
      await page.getByLabel(words.form.api_version).selectOption('3');
      await unfold(page);
      await page.locator('input[value="listJobs"]').check();
      await page.getByRole('button', { name: words.form.update, exact: true }).click();
      await expect(page.getByText(words.form.no_wasm_updated)).toBeVisible();
      await expect(page.getByLabel(words.form.description)).toHaveValue('By a plain form');
      await expect(page.locator('input[value="listJobs"]')).toBeChecked();
      await expect(page.locator('input[value="getCompanyInformation"]')).toBeChecked();
      await expect(page).toHaveURL(`${paths.token(token.id)}?notice=updated`);
    });

    test('a created token shows how to get its Auth Token', async ({ page }) => {
      const name = unique('Plain');
      await signIn(page, 'administrator');
      await page.goto(paths.newToken);
      await page.getByLabel(words.form.name).fill(name);
      await unfold(page);
      await page.locator('input[value="getCompanyInformation"]').check();
      await page.getByRole('button', { name: words.form.create, exact: true }).click();
      await expect(page.getByText(words.form.no_wasm_created)).toBeVisible();
      await expect(page).toHaveURL(/\/tokens\/[0-9a-f-]{36}\?notice=created$/);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
      expect(await page.content()).not.toMatch(/kgt_[0-9A-Za-z]{38}/);
    });
  });
}

test('a wrong password is refused and not in the URL', async ({ page }) => {
  await page.goto(paths.signIn);
  await page.getByLabel('E-mail address').fill(users.analyst);
  await page.getByLabel('Password').fill('not-the-password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText(wordsOf('en').error.wrong_credentials)).toBeVisible();
  expect(page.url()).not.toContain('not-the-password');
  expect(page.url()).not.toContain(users.analyst);
  await signIn(page, 'analyst'); // clears the counted failure
});

test('an invalid form is reported and creates nothing', async ({ page }) => {
  const name = unique('No scopes');
  await signIn(page, 'administrator');
  await page.goto(paths.newToken);
  await page.getByLabel('Token name').fill(name);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByText(wordsOf('en').error.invalid)).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Create access token');
  await page.goto(listOf(name));
  await expect(page.getByRole('heading', { name: 'No matching tokens' })).toBeVisible();
});

test('a change made meanwhile is not overwritten', async ({ page, anotherPage }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await page.goto(paths.token(token.id));
  const colleague = await anotherPage({ javaScriptEnabled: false });
  await signIn(colleague, 'specialist');
  await colleague.goto(paths.token(token.id));
  await colleague.getByLabel('Description').fill('Of a colleague');
  await colleague.getByRole('button', { name: 'Update', exact: true }).click();
  await expect(colleague.getByText(wordsOf('en').form.no_wasm_updated)).toBeVisible();

  await page.getByLabel('Description').fill('Mine');
  await page.getByRole('button', { name: 'Update', exact: true }).click();
  await expect(page.getByText(wordsOf('en').error.conflict)).toBeVisible();
  await expect(page.getByLabel('Description')).toHaveValue('Of a colleague');
});

test('controls that need wasm are disabled', async ({ page }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await page.goto(listOf(token.name));
  await expect(page.getByRole('button', { name: `More: ${token.name}` })).toBeDisabled();
  await page.goto(paths.token(token.id));
  await expect(page.getByRole('button', { name: 'Reset token' })).toBeDisabled();
});
