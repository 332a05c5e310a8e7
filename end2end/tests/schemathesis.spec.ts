// The gate against its own OpenAPI document: schemathesis makes up calls, right ones and wrong ones, and looks whether
// each answer is one that the document tells of.

import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, newToken, signIn, test } from './fixtures.ts';

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'ignored_auth',
];

test('whatever is sent to the gate, it answers as its document says', async ({ page, baseURL }) => {
  test.setTimeout(300_000);
  await signIn(page, 'administrator');
  const document = (await (await page.request.get('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const scopes = Object.values(document.paths).flatMap((path) => Object.values(path).map((it) => it.operationId));
  const token = await newToken(page, { scopes });

  const folder = mkdtempSync(join(tmpdir(), 'kagitaba-'));
  const config = join(folder, 'schemathesis.toml');
  writeFileSync(config, `[parameters]\n"path.AccountSID" = "${token.sid}"\n`);
  const run = promisify(execFile)(
    resolve('../target/schemathesis/bin/schemathesis'),
    [
      ...['--config-file', config, 'run', `${baseURL ?? ''}/openapi.json`, '--auth', `${token.sid}:${token.secret}`],
      ...['--checks', checks.join(), '--max-examples', '10', '--seed', '1', '--continue-on-failure', '--no-color'],
    ],
    { maxBuffer: 64 * 1024 * 1024, cwd: folder },
  );
  const said = await run.then(
    ({ stdout }) => ({ failed: false, stdout }),
    ({ stdout }: { stdout: string }) => ({ failed: true, stdout }),
  );
  expect(said.failed, said.stdout).toBe(false);
  expect(said.stdout).toMatch(/\d+ generated/);
});
