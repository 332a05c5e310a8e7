// The gate as integrations call it: with curl, and with Python's requests library.

import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, newToken, signIn, test } from '../support/fixtures.ts';

const execute = promisify(execFile);

test('curl reads the company profile in JSON and XML', async ({ page, baseURL }) => {
  await signIn(page, 'administrator');
  const { sid, secret } = await newToken(page);
  const ask = async (user: string, ...more: string[]) => {
    const url = `${baseURL ?? ''}/Agencies/${sid}/CompanyInformation`;
    return (await execute('curl', ['--silent', '--show-error', '--include', '--user', user, ...more, url])).stdout;
  };
  const profile = await ask(`${sid}:${secret}`);
  expect(profile).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(profile).toMatch(/^x-ratelimit-remaining: \d+\r$/m);
  expect(JSON.parse(profile.split('\r\n\r\n')[1] ?? '')).toMatchObject({ CompanyName: 'Hoshi & Oak Agency' });
  const xml = await ask(`${sid}:${secret}`, '--header', 'Accept: application/xml');
  expect(xml).toContain('<CompanyName>Hoshi &amp; Oak Agency</CompanyName>');
  const refused = await ask(`${sid}:${secret}x`);
  expect(refused).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
  expect(refused).toMatch(/^www-authenticate: Basic realm=/m);
  expect(JSON.parse(refused.split('\r\n\r\n')[1] ?? '')).toMatchObject({ Status: 'ERROR', Errors: [] });
});

test('an integration in Python reads, pages, exports and downloads', async ({ page, baseURL }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page, {
    scopes: ['getCompanyInformation', 'listAdvertisers', 'exportReport', 'getJob', 'downloadJobResult'],
  });
  // The virtual environment of schemathesis contains `requests`.
  const run = execute(resolve('../target/schemathesis/bin/python'), [resolve('tests/gate/integration.py')], {
    env: { BASE_URL: baseURL ?? '', ACCOUNT_SID: token.sid, AUTH_TOKEN: token.secret },
  });
  const said = await run.then(
    ({ stdout }) => stdout,
    ({ stderr }: { stderr: string }) => stderr, // names the assert that failed
  );
  expect(said).toBe('done\n');
});
