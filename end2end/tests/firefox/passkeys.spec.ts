// Passkeys in Firefox, on its virtual authenticator.

import { paths } from '../support/fixtures.ts';
import { expect, fillIn, goOn, hides, named, open, path, press, shows, test, texts } from '../support/firefox.ts';
import { newUser, ownPassword } from '../support/people.ts';
import { wordsOf } from '../support/words.ts';

const en = wordsOf('en');
const profile = '/settings/profile';

test('a passkey is added and signs in', async ({ newTab, authenticator }) => {
  expect(authenticator).not.toBe('');
  const { email } = newUser();
  const tab = await newTab();
  await open(tab, `${paths.signIn}?next=${encodeURIComponent(profile)}`);
  await fillIn(tab, named('textbox', en.sign_in.email), email);
  await fillIn(tab, 'input[type=password]', ownPassword);
  await goOn(tab, () => press(tab, named('button', en.sign_in.submit)));
  expect(path(tab)).toBe(profile);

  await press(tab, named('button', en.passkey.add));
  await expect.poll(() => tab.$eval('#second-factor input', (field) => field.value)).toMatch(/^Firefox/);
  await fillIn(tab, '#second-factor input', 'Work laptop');
  await press(tab, named('button', en.passkey.create));
  await texts(tab, '.toast', [en.passkey.added]);
  await press(tab, `dialog[open] ${named('button', en.second_factor.done)}`);
  await hides(tab, 'dialog[open]');

  await press(tab, 'button.person');
  await goOn(tab, () => press(tab, named('button', en.sign_in.sign_out)));
  await open(tab, `${paths.signIn}?next=${encodeURIComponent(profile)}`);
  await goOn(tab, () => press(tab, named('button', en.passkey.sign_in)));
  expect(path(tab)).toBe(profile);
  await shows(tab, '#second-factor li');
  await expect.poll(() => tab.$eval('#second-factor li', (row) => row.textContent)).toContain(en.passkey.used);
});
