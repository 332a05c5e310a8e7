// Errors of forms: beside the button that was pressed, and the first wrong field in view.

import type { Locator, Page } from '@playwright/test';
import {
  call,
  dialog,
  expect,
  newToken,
  open,
  paths,
  signIn,
  test,
  unfold,
  unique,
  update,
} from '../support/fixtures.ts';
import { givePassword, newUser } from '../support/people.ts';
import { wordsOf } from '../support/words.ts';

const words = wordsOf('en');

test.use({ viewport: { width: 1024, height: 600 } });

/** Goes to the last step of a new token's form, and to the end of the page. */
async function toEndOfScopes(page: Page): Promise<Locator> {
  await open(page, paths.newToken);
  await page.locator('#name').fill(unique('Out of sight'));
  for (const heading of [words.form.contact, words.form.scopes]) {
    await page.getByRole('button', { name: words.next, exact: true }).click();
    await expect(page.getByRole('heading', { name: heading, exact: true })).toBeFocused();
  }
  const create = page.getByRole('button', { name: words.form.create, exact: true });
  await create.scrollIntoViewIfNeeded();
  return create;
}

/** Fails unless the note with this text is in view, right above the button. */
async function isBeside(page: Page, text: string, button: Locator): Promise<void> {
  const note = page.getByRole('alert').filter({ hasText: text });
  await expect(note).toBeInViewport();
  // The page may still move: both are read again until they stand as they should.
  await expect(async () => {
    const [above, below] = [await note.boundingBox(), await button.boundingBox()];
    const gap = (below?.y ?? Infinity) - ((above?.y ?? 0) + (above?.height ?? 0));
    expect(gap).toBeGreaterThanOrEqual(0);
    expect(gap).toBeLessThan(100);
  }).toPass({ timeout: 20_000 });
}

test('without scopes, the problem comes into view', async ({ page }) => {
  await signIn(page, 'administrator');
  const create = await toEndOfScopes(page);
  await create.click();
  await expect(page.locator('#scopes')).toBeFocused();
  await expect(page.locator('#scopes-error')).toBeInViewport({ ratio: 1 });
  await expect(page.getByRole('alert').filter({ hasText: words.error.invalid })).toBeAttached();

  // The message disappears with the problem.
  await unfold(page);
  await page.locator('input[value="listJobs"]').check();
  await create.click();
  await expect(dialog(page)).toHaveAccessibleName(words.secret.created_title);
  await expect(page.getByRole('alert').filter({ hasText: words.error.invalid })).toHaveCount(0);
});

test('Update without scopes brings the problem into view', async ({ page }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  await page.locator('input[value="getCompanyInformation"]').uncheck();
  await page.getByRole('button', { name: words.form.update, exact: true }).click();
  await expect(page.locator('#scopes')).toBeFocused();
  await expect(page.locator('#scopes-error')).toBeInViewport({ ratio: 1 });
});

for (const [what, code] of [['SignInNeeded', 401], ['Internal', 500]] as const) {
  test(`${what} on Create is shown beside the button`, async ({ browser, contextOptions }) => {
    // Not a fixture's page: the browser logs answers with 500, which would fail the test.
    const context = await browser.newContext(contextOptions);
    const page = await context.newPage();
    await signIn(page, 'administrator');
    const create = await toEndOfScopes(page);
    await unfold(page);
    await page.locator('input[value="listJobs"]').check();
    await page.route('**/api/tokens/create', (route) => route.fulfill({ status: code, body: JSON.stringify(what) }));
    await create.click();
    const text = code === 401 ? words.error.sign_in_needed : words.error.internal;
    await isBeside(page, text, create);
    await context.close();
  });
}

test('Update while offline says so beside the button', async ({ browser, contextOptions }) => {
  // Not a fixture's page: the browser logs failed requests.
  const context = await browser.newContext(contextOptions);
  const page = await context.newPage();
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Typed');
  const button = page.getByRole('button', { name: words.form.update, exact: true });
  await context.setOffline(true);
  await button.click();
  await dialog(page).getByRole('button', { name: words.form.update, exact: true }).click();
  await isBeside(page, words.error.unreachable, button);
  await expect(page.locator('#description')).toHaveValue('Typed');
  await context.close();
});

test('a conflict is shown beside the button', async ({ page }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  // Without live updates, as they would report the reset at once.
  await page.route('**/live?*', (route) => route.fulfill({ status: 429 }));
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Mine');
  await call(page, 'tokens/reset', { id: token.id, revision: token.revision });
  await update(page);
  const button = page.getByRole('button', { name: words.form.update, exact: true });
  await isBeside(page, words.form.conflict_title, button);
});

test('a failed sign-out is in view on a scrolled page', async ({ browser, contextOptions }) => {
  // Not a fixture's page: the browser logs failed requests.
  const context = await browser.newContext(contextOptions);
  const page = await context.newPage();
  await signIn(page, 'administrator');
  await open(page, paths.companyInformation);
  await page.evaluate(() => window.scrollTo(0, 1000));
  await page.route('**/api/session/sign_out', (route) => route.abort());
  await page.locator('button.person').click();
  await page.locator('.person-card').getByRole('button', { name: words.sign_in.sign_out }).click();
  await expect(page.getByRole('alert').filter({ hasText: words.error.unreachable })).toBeInViewport();
  await context.close();
});

test('a policy conflict is shown beside the button', async ({ page }) => {
  const { email } = newUser();
  await givePassword(page, email);
  await open(page, '/settings/security-policy');
  await page.route('**/api/security_policy/update*', (route) => route.fulfill({ status: 409, body: '"PolicyConflict"' }));
  await page.getByLabel(words.policy.lifetime).fill('30');
  const save = page.getByRole('button', { name: words.policy.save, exact: true });
  await save.click();
  await isBeside(page, words.error.policy_conflict, save);
});
