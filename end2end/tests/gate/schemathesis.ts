// schemathesis, which makes up calls from an OpenAPI document, right ones and wrong ones, and looks whether each answer is
// one that the document tells of.

import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, type Token } from '../support/fixtures.ts';

/** What these tests read of an OpenAPI document. */
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

/** The document's operations. */
export function operations(document: Document): Operation[] {
  return Object.values(document.paths).flatMap((path) => Object.values(path));
}

/** Every check that schemathesis has, those of right and wrong input too. */
export const all = ['all'] as const;

/** The checks of a document that is not ours: of answers, not of what else the gate takes or refuses. */
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
 * Makes up calls to all of the document's operations at this origin, others for each seed, and expects of each answer what
 * the document says.
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
  writeFileSync(config, `[parameters]\n"path.AccountSID" = "${token.sid}"\n`);
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
