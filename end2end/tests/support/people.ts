// Users of a test's own, added with the command line, and changes that only the database allows.

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { program } from './build.ts';
import { expect, sameOrigin } from './fixtures.ts';

const data = '../target/e2e/data';

/** The password of every user that a test adds. */
export const ownPassword = 'a password of one’s own';

/** Adds an administrator, in a new account unless one is named. */
export function newUser({ name = 'Mio Hara', account = `Works ${randomUUID()}` } = {}): { email: string; account: string } {
  const email = `mio.${randomUUID()}@agency.example`;
  const user = ['user', 'add', '--email', email, '--name', name, '--role', 'account_administrator'];
  execFileSync(program, [...user, '--account', account, '--data', data], {
    input: `${ownPassword}\n`,
    env: { ...process.env, DATABASE_URL: `sqlite:${data}/kagitaba.db` },
  });
  return { email, account };
}

/** Signs in with the password; returns the path of the next page. */
export async function givePassword(page: Page, email: string, password = ownPassword): Promise<string> {
  const answer = await page.request.post('/api/session/sign_in', { form: { email, password }, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
  return (await answer.json()) as string;
}

/** Requires two-step sign-in of everyone in the signed-in administrator's account, whose policy is still the first. */
export async function requireSecondFactor(page: Page): Promise<void> {
  const form = { 'form[second_factor_required]': 'true', revision: '1' };
  const answer = await page.request.post('/api/security_policy/update', { form, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** Runs a statement on the database, with the user's e-mail address as its only parameter. */
export function change(statement: string, email: string): void {
  const script = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=10)
assert database.execute(sys.argv[2], (sys.argv[3],)).rowcount > 0
database.commit()`;
  execFileSync('python3', ['-c', script, `${data}/kagitaba.db`, statement, email]);
}

/** Moves the last sign-in of all sessions of the user far into the past, so that step-up is needed. */
export function age(email: string): void {
  change('UPDATE sessions SET authenticated_at = 0 WHERE user_id = (SELECT id FROM users WHERE email = ?)', email);
}
