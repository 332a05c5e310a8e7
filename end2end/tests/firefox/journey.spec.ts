// The journey of a token in Firefox, in both languages: sign-in, creation, search, reset, deletion.

import { gate, paths, unique } from '../support/fixtures.ts';
import {
  enter,
  expect,
  fillIn,
  hides,
  isMarked,
  mark,
  named,
  open,
  path,
  press,
  shows,
  test,
  texts,
  type Tab,
} from '../support/firefox.ts';
import { languages, locales, say, wordsOf, type Words } from '../support/words.ts';

/** Waits for the dialog of that title; returns the credentials in it. */
async function credentials(tab: Tab, title: string): Promise<[string, string]> {
  await shows(tab, named('dialog', title));
  const [sid = '', secret = ''] = await tab.$$eval('dialog[open] .credentials code', (all) => all.map((one) => one.textContent));
  return [sid, secret];
}

/** Closes the dialog with the secret without having copied it. */
async function closeSecret(tab: Tab, words: Words): Promise<void> {
  await press(tab, named('button', words.secret.done));
  await press(tab, named('button', words.secret.close_uncopied));
  await hides(tab, 'dialog[open]');
}

/** Picks a command of the token's menu, and confirms it. */
async function command(tab: Tab, words: Words, name: string, label: string): Promise<void> {
  await press(tab, named('button', say(words.card.more_for, { name })));
  await press(tab, named('menuitem', label));
  await shows(tab, 'dialog[open]');
  await press(tab, `dialog[open] ${named('button', label)}`);
}

for (const language of languages) {
  const words = wordsOf(language);

  test(`a token is created, found, reset and deleted in ${locales[language]}`, async ({ newTab, request }) => {
    const tab = await newTab();
    await open(tab, paths.signIn);
    if (language === 'ja') {
      await press(tab, named('button', '日本語'));
      await expect.poll(() => tab.$eval('html', (html) => html.lang)).toBe('ja');
    }
    await enter(tab, 'administrator', words);
    await mark(tab);
    const name = unique('Firefox 狐');

    await press(tab, `nav a[href="${paths.tokens}"]`);
    await press(tab, named('link', words.tokens.create));
    await fillIn(tab, '#name', name);
    await press(tab, named('button', words.next));
    await shows(tab, '#developers');
    await press(tab, named('button', words.next));
    await press(tab, '.category:has(input[value=getCompanyInformation]) [role=switch]');
    await press(tab, named('button', words.form.create));
    await credentials(tab, words.secret.created_title);
    await closeSecret(tab, words);
    await expect.poll(() => path(tab)).toBe(paths.tokens);

    await fillIn(tab, 'input[type=search]', name);
    await texts(tab, '.cards .card h3', [name]);
    expect(new URL(tab.url()).searchParams.get('name')).toBe(name);

    await command(tab, words, name, words.item.reset);
    const [sid, secret] = await credentials(tab, words.secret.reset_title);
    await closeSecret(tab, words);
    expect(await gate(request, sid, secret)).toBe(200);

    await command(tab, words, name, words.item.delete);
    await hides(tab, '.cards .card');
    await shows(tab, named('button', words.done.undo));
    expect(await gate(request, sid, secret)).toBe(401);
    expect(await isMarked(tab), 'no page was loaded meanwhile').toBe(true);
  });
}
