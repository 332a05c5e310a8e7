// Invitations by mail: the message in the inviter's language, and joining by its link.

import { randomUUID } from 'node:crypto';
import { axe } from '../support/axe.ts';
import { dialog, expect, open, password, paths, sameOrigin, test, users } from '../support/fixtures.ts';
import { closeMailbox, mailed, openMailbox, parts } from '../support/mailbox.ts';
import { freePort, kagitaba, type Server } from '../support/servers.ts';
import { locales, say, wordsOf } from '../support/words.ts';

let server: Server;

test.beforeAll(async () => {
  server = await kagitaba('mail', await freePort(), await openMailbox());
});

test.afterAll(async () => {
  await server?.stop();
  await closeMailbox();
});

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('an invited person gets the link by mail and joins', async ({ page, anotherPage }) => {
      const email = `nao-${randomUUID().slice(0, 8)}@partner.example`;
      const form = { email: users.administrator, password };
      await page.request.post(`${server.origin}/api/session/sign_in`, { form, headers: sameOrigin });
      await open(page, `${server.origin}${paths.accountUsers}`);
      await page.getByRole('button', { name: words.users.invite }).click();
      await expect(dialog(page).getByText(words.invitation.dialog_text)).toBeVisible();
      await dialog(page).getByLabel(words.users.email).fill(email);
      await dialog(page).getByLabel(words.users.role).selectOption('analyst');
      await dialog(page).getByRole('button', { name: words.invitation.create }).click();
      await expect(dialog(page)).toHaveAccessibleName(say(words.invitation.link_title, { email }));
      await expect(dialog(page).getByText(say(words.invitation.mailed, { email }))).toBeVisible();
      await expect(dialog(page).locator('code')).toHaveCount(0);
      await axe(page, 'mailed', 'dialog[open]');
      await page.keyboard.press('Escape');
      await expect(dialog(page)).toHaveCount(0);

      const message = parts(mailed.get(email) ?? '');
      expect(message).toContain(words.mail.join);
      expect(message).toContain(words.role.analyst);
      const link = /https?:\/\/[^\s"<]+\/invitations\/[A-Za-z0-9]+/.exec(message)?.[0] ?? '';
      expect(link).toContain(`${server.origin}/invitations/`);
      const joining = await anotherPage({ locale: locales[language] });
      await open(joining, link);
      await joining.getByLabel(words.users.name, { exact: true }).fill('Nao');
      await joining.getByLabel(words.sign_in.password).fill('three small paper lanterns');
      await joining.getByRole('button', { name: words.invitation.join }).click();
      await expect(joining).toHaveURL(`${server.origin}${paths.overview}`);
    });

    test('the link is shown if the mail cannot be sent', async ({ page, anotherPage }) => {
      const email = `refused-${randomUUID().slice(0, 8)}@partner.example`;
      const form = { email: users.administrator, password };
      await page.request.post(`${server.origin}/api/session/sign_in`, { form, headers: sameOrigin });
      await open(page, `${server.origin}${paths.accountUsers}`);
      await page.getByRole('button', { name: words.users.invite }).click();
      await dialog(page).getByLabel(words.users.email).fill(email);
      await dialog(page).getByLabel(words.users.role).selectOption('finance');
      await dialog(page).getByRole('button', { name: words.invitation.create }).click();
      await expect(dialog(page).getByText(say(words.invitation.mail_failed, { email }))).toBeVisible();
      await axe(page, 'not mailed', 'dialog[open]');
      await page.keyboard.press('Escape');
      const link = (await dialog(page).locator('code').textContent()) ?? '';
      const joining = await anotherPage({ locale: locales[language] });
      await open(joining, link);
      await expect(joining.getByLabel(words.users.email)).toHaveValue(email);
      await dialog(page).getByRole('button', { name: words.secret.done }).click();
      await expect(dialog(page)).toHaveCount(0);
    });
  });
}
