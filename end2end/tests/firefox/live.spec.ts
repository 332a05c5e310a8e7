// Live changes in Firefox: those of another person reach the tabs that are shown.

import { call, create, listOf, newToken, unique } from '../support/fixtures.ts';
import { asUser, expect, isMarked, mark, open, test, texts } from '../support/firefox.ts';
import { say, wordsOf } from '../support/words.ts';

const en = wordsOf('en');
const by = 'Daniel Oakley';

test('changes by another person reach the list without a reload', async ({ newTab, elsewhere }) => {
  const [session, other] = [await elsewhere('administrator'), await elsewhere('specialist')];
  const tab = await asUser(newTab, session);
  const name = unique('Live');
  const token = await newToken(session, { name });
  await open(tab, listOf(name));
  await mark(tab);

  await call(other, 'tokens/disable', { id: token.id });
  await texts(tab, '.card .badge', [en.state.disabled]);
  await texts(tab, '.card-touched', [say(en.live.changed, { by })]);
  const second = `${name} 2`;
  await create(other, { name: second });
  await texts(tab, '.cards .card h3', [second, name]);
  await call(other, 'tokens/delete', { id: token.id });
  await texts(tab, '.cards .card h3', [second]);
  expect(await isMarked(tab), 'no page was loaded meanwhile').toBe(true);
});

test('each tab that is shown follows, whichever has the stream', async ({ newTab, elsewhere }) => {
  const session = await elsewhere('administrator');
  const first = await asUser(newTab, session);
  const name = unique('Live');
  const token = await newToken(session, { name });
  await open(first, listOf(name));
  const second = await newTab(first.browserContext());
  await open(second, listOf(name));

  await call(session, 'tokens/disable', { id: token.id });
  // A tab that is not shown catches up once it is.
  for (const tab of [second, first]) {
    await tab.bringToFront();
    await texts(tab, '.card .badge', [en.state.disabled]);
  }
  await first.close();
  await second.bringToFront();
  await call(session, 'tokens/enable', { id: token.id });
  await texts(second, '.card .badge', [en.state.enabled]);
});
