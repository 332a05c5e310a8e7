// The overview: what needs a person, the worst first, each a link into the list; calm if nothing does.

import type { Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import {
  call,
  expect,
  goBack,
  mark,
  namedLike,
  names,
  newToken,
  open,
  paths,
  signIn,
  stillMarked,
  test,
} from '../support/fixtures.ts';
import { change, givePassword, newUser } from '../support/people.ts';
import { languages, locales, say, wordsOf } from '../support/words.ts';

/** The time that many days from now, in microseconds since 1970. */
function days(count: number): string {
  return `${Date.now() + count * 86_400_000}000`;
}

/** Changes the token of that name in the accounts of this user. */
function alter(email: string, token: string, columns: string): void {
  const accounts = 'SELECT account_id FROM memberships WHERE user_id = (SELECT id FROM users WHERE email = ?1)';
  change(`UPDATE tokens SET ${columns} WHERE name = '${token}' AND account_id IN (${accounts})`, email);
}

function needs(page: Page) {
  return page.locator('.needs a');
}

function figures(page: Page) {
  return page.locator('.figures a');
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language], reducedMotion: 'reduce' });

    test('an account begins with access off, then is calm', async ({ page }) => {
      await givePassword(page, newUser().email);
      await open(page, paths.overview);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.overview.title);
      await expect(page).toHaveTitle(`${words.overview.title} – ${words.product}`);
      await expect(page.getByRole('heading', { level: 2 })).toHaveText(words.overview.access_off);
      await mark(page);
      await page.getByRole('link', { name: words.overview.to_access }).click();
      await expect(page).toHaveURL(paths.tokens);
      await page.getByRole('button', { name: words.access.enable }).click();
      await expect(page.getByRole('heading', { name: words.tokens.none_title })).toBeVisible();
      await page.getByRole('navigation', { name: words.menu }).getByRole('link', { name: words.overview.title }).click();
      await expect(page.getByRole('heading', { level: 2 })).toHaveText(words.tokens.none_title);
      await expect(page.getByRole('main').getByRole('link', { name: words.tokens.create })).toHaveAttribute('href', paths.newToken);
      await stillMarked(page);

      await newToken(page, { name: 'Fine' });
      await open(page, paths.overview);
      await expect(page.getByRole('heading', { level: 2 })).toHaveText([words.overview.calm, words.tokens.list]);
      await expect(figures(page)).toHaveText([`1 ${words.filter.working}`, `0 ${words.state.disabled}`, `1 ${words.overview.all}`]);
      await axe(page, 'nothing to do');
    });

    test('what needs a person is listed worst first, with links', async ({ page }) => {
      const { email, account } = newUser();
      await givePassword(page, email);
      await call(page, 'account/enable_api_access', {});
      await newToken(page, { name: 'Fine' });
      for (const name of ['Expired', 'Expiring', 'Left', 'Unused', 'Never', 'Off']) {
        await newToken(page, { name });
      }
      await newToken(page, { name: 'Old', version: 2 });
      const { tokens } = (await (await call(page, 'tokens/list', namedLike('Off'))).json()) as { tokens: { id: string }[] };
      expect((await call(page, 'tokens/disable', { id: tokens[0]?.id })).status()).toBe(200);
      alter(email, 'Expired', `expires_at = ${days(-1)}, last_used_at = ${days(-2)}`);
      alter(email, 'Expiring', `expires_at = ${days(29)}`);
      alter(email, 'Unused', `created_at = ${days(-200)}, last_used_at = ${days(-91)}`);
      alter(email, 'Never', `created_at = ${days(-31)}`);
      const contact = newUser({ account, name: 'Former colleague' }).email;
      const user = '(SELECT id FROM users WHERE email = ?1)';
      alter(contact, 'Left', `primary_contact = ${user}`);
      change(`UPDATE memberships SET state = 'deactivated' WHERE user_id = ${user}`, contact);

      await open(page, paths.overview);
      await expect(page.getByRole('heading', { level: 2 })).toHaveText([words.overview.needs, words.tokens.list]);
      const listed = [
        ['expired-in-use', words.filter.expired_in_use, words.overview.expired_in_use, 'Expired'],
        ['expiring', words.filter.expiring, words.overview.expiring, 'Expiring'],
        ['contact-deactivated', words.filter.contact_deactivated, words.overview.contact_deactivated, 'Left'],
        ['old-version', words.filter.old_version, say(words.overview.old_version, { number: 3 }), 'Old'],
        ['unused', words.filter.unused, words.overview.unused, 'Unused'],
        ['never-used', words.filter.never_used, words.overview.never_used, 'Never'],
      ] as const;
      const texts = listed.map(([, title, advice]) => `1 ${title} ${advice}`);
      await expect(needs(page)).toHaveText([...texts, `1 ${words.state.disabled} ${words.overview.disabled}`]);
      await expect(figures(page)).toHaveText([`6 ${words.filter.working}`, `1 ${words.state.disabled}`, `8 ${words.overview.all}`]);
      await axe(page, 'something to do');

      await mark(page);
      for (const [condition, title, , token] of listed) {
        await needs(page).filter({ hasText: title }).click();
        await expect(page).toHaveURL(`${paths.tokens}?condition=${condition}`);
        await expect(names(page)).toHaveText([token]);
        await expect(page.locator('#filters').getByRole('radio', { name: title, exact: true })).toBeChecked();
        await goBack(page);
        await expect(page).toHaveURL(paths.overview);
      }
      await needs(page).last().click();
      await expect(page).toHaveURL(`${paths.tokens}?state=disabled`);
      await expect(names(page)).toHaveText(['Off']);
      await goBack(page);
      await figures(page).filter({ hasText: words.filter.working }).click();
      await expect(names(page)).toHaveCount(6);
      await page.locator('#filters').getByRole('link', { name: words.filter.clear_all }).click();
      await expect(page).toHaveURL(paths.tokens);
      await expect(names(page)).toHaveCount(8);
      await stillMarked(page);
    });

    test('a role without access tokens sees what it can do', async ({ page }) => {
      await signIn(page, 'analyst');
      await open(page, paths.overview);
      await expect(page.getByRole('heading', { level: 2 })).toHaveText([words.overview.without, words.overview.yours]);
      const text = say(words.overview.without_text, { role: words.role.analyst, account: 'Hoshi & Oak Agency' });
      await expect(page.getByText(text)).toBeVisible();
      await expect(needs(page)).toHaveCount(0);
      await page.getByRole('main').getByRole('link', { name: words.profile.title }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.profile.title);
    });
  });
}

test('more filters are folded until one of them is chosen', async ({ page }) => {
  const words = wordsOf('en');
  await signIn(page, 'administrator');
  await open(page, paths.tokens);
  await mark(page);
  const sidebar = page.locator('#filters');
  const old = sidebar.getByRole('radio', { name: words.filter.old_version });
  await expect(old).toBeHidden();
  await sidebar.getByText(words.filter.more).click();
  await old.check();
  await expect(page).toHaveURL(`${paths.tokens}?condition=old-version`);
  await expect(page.locator('.cards .card').first()).toContainText(say(words.card.upgrade_hint, { number: 3 }));
  await sidebar.getByRole('searchbox').fill('data');
  await expect(page).toHaveURL(`${paths.tokens}?name=data&condition=old-version`);
  await sidebar.getByRole('link', { name: words.filter.clear_all }).click();
  await expect(page).toHaveURL(paths.tokens);
  await expect(old).toBeHidden();
  await goBack(page);
  await expect(old).toBeChecked();
  await stillMarked(page);
});

test('the site’s root leads to the overview', async ({ page }) => {
  await signIn(page, 'specialist');
  await open(page, '/');
  await expect(page).toHaveURL(paths.overview);
  await page.getByRole('banner').getByRole('link', { name: wordsOf('en').product }).click();
  await expect(page).toHaveURL(paths.overview);
});
