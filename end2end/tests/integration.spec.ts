// The gate as an integration in Python sees it, with the library that most of them use.

import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, newToken, signIn, test } from './fixtures.ts';

test('an integration in Python reads, pages, exports and downloads', async ({ page, baseURL }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page, {
    scopes: ['getCompanyInformation', 'listAdvertisers', 'exportReport', 'getJob', 'downloadJobResult'],
  });
  // schemathesis brings `requests` along.
  const run = promisify(execFile)(resolve('../target/schemathesis/bin/python'), [resolve('tests/integration.py')], {
    env: { BASE_URL: baseURL ?? '', ACCOUNT_SID: token.sid, AUTH_TOKEN: token.secret },
  });
  const said = await run.then(
    ({ stdout }) => stdout,
    ({ stderr }: { stderr: string }) => stderr, // which assert has failed
  );
  expect(said).toBe('done\n');
});
