// Users whom no other test knows, made as an administrator of the machine would, and what only the database can do to them.

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { program } from './build.ts';
import { expect, sameOrigin } from './fixtures.ts';

const data = '../target/e2e/data';

/** The password of every user that a test makes. */
export const ownPassword = 'a password of one’s own';

/** An administrator of an account that no other test knows unless it is named. */
export function newUser({ name = 'Mio Hara', account = `Works ${randomUUID()}` } = {}): { email: string; account: string } {
  const email = `mio.${randomUUID()}@agency.example`;
  const user = ['user', 'add', '--email', email, '--name', name, '--role', 'account_administrator'];
  execFileSync(program, [...user, '--account', account, '--data', data], {
    input: `${ownPassword}\n`,
    env: { ...process.env, DATABASE_URL: `sqlite:${data}/kagitaba.db` },
  });
  return { email, account };
}

/** Gives the password, and answers where to go on. */
export async function givePassword(page: Page, email: string, password = ownPassword): Promise<string> {
  const answer = await page.request.post('/api/session/sign_in', { form: { email, password }, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
  return (await answer.json()) as string;
}

/** Runs a statement on the database, with the user's e-mail address as its one value. */
export function change(statement: string, email: string): void {
  const script = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=10)
assert database.execute(sys.argv[2], (sys.argv[3],)).rowcount > 0
database.commit()`;
  execFileSync('python3', ['-c', script, `${data}/kagitaba.db`, statement, email]);
}

/** Lets all sessions of the user be ones in which the password was given long ago. */
export function age(email: string): void {
  change('UPDATE sessions SET authenticated_at = 0 WHERE user_id = (SELECT id FROM users WHERE email = ?)', email);
}
