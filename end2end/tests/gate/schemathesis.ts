// schemathesis generates valid and invalid calls from an OpenAPI document and checks each response against it.

import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, type Token } from '../support/fixtures.ts';

/** The parts of an OpenAPI document that these tests read. */
export interface Document {
  paths: Record<string, Record<string, Operation>>;
}

export interface Operation {
  operationId: string;
  responses: Record<string, Answer>;
}

export interface Answer {
  description: string;
  content?: Record<string, { schema: object }>;
}

/** Returns the document's operations. */
export function operations(document: Document): Operation[] {
  return Object.values(document.paths).flatMap((path) => Object.values(path));
}

/** All checks of schemathesis, including those for valid and invalid input. */
export const all = ['all'] as const;

/** The checks for a document that is not ours: of responses only, as the gate may accept other input than it describes. */
export const ofAnswers = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'ignored_auth',
] as const;

export type Check = (typeof ofAnswers)[number] | 'all';

/**
 * Sends generated calls to all of the document's operations at this origin, and expects responses as the document describes
 * them. Each seed gives other calls.
 */
export async function answersAs(
  document: Document,
  origin: string,
  token: Token,
  checks: readonly Check[] = ofAnswers,
  seed = 1,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kagitaba-'));
  const [config, file] = [join(folder, 'schemathesis.toml'), join(folder, 'openapi.json')];
  const hooks = resolve('tests/gate/schemathesis_hooks.py');
  writeFileSync(config, `hooks = "${hooks}"\n[parameters]\n"path.AccountSID" = "${token.sid}"\n`);
  writeFileSync(file, JSON.stringify(document));
  const run = promisify(execFile)(
    resolve('../target/schemathesis/bin/schemathesis'),
    [
      ...['--config-file', config, 'run', file, '--url', origin, '--auth', `${token.sid}:${token.secret}`],
      ...['--checks', checks.join()],
      ...['--max-examples', '10', '--seed', String(seed), '--continue-on-failure', '--no-color'],
    ],
    { maxBuffer: 64 * 1024 * 1024, cwd: folder },
  );
  const said = await run.then(
    ({ stdout }) => ({ failed: false, stdout }),
    ({ stdout }: { stdout: string }) => ({ failed: true, stdout }),
  );
  expect(said.failed, said.stdout).toBe(false);
  expect(said.stdout).toMatch(/\d+ generated/);
}
