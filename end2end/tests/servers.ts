// Servers beside the one that all tests share: Kagitaba with other options, and the programs that it talks to.

import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { expect } from '@playwright/test';

/** A program that a test started. */
export interface Server {
  origin: string;
  stop: () => Promise<void>;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Kagitaba with these options, on data of its own in a folder of this name, with demo data unless told otherwise. */
export async function kagitaba(
  name: string,
  port: number,
  options: readonly string[],
  environment: Record<string, string> = {},
): Promise<Server> {
  rmSync(dataOf(name), { recursive: true, force: true });
  return kagitabaAgain(name, port, options, environment);
}

/** The folder of that server's data. */
export function dataOf(name: string): string {
  return `../target/e2e/${name}`;
}

/** The same once more, on the data that it has. */
export async function kagitabaAgain(
  name: string,
  port: number,
  options: readonly string[],
  environment: Record<string, string> = {},
): Promise<Server> {
  const origin = `http://127.0.0.1:${port}`;
  const where = ['--listen', `127.0.0.1:${port}`, '--data', dataOf(name), '--site', '../target/site', '--public-url', origin];
  const program = spawn('../target/release/kagitaba', ['serve', ...where, ...options], { env: environment, stdio: 'ignore' });
  return started(program, origin, '/healthz');
}

/** The identity provider, which sends people back to this origin. */
export async function identityProvider(backTo: string): Promise<Server> {
  const port = await freePort();
  const redirect = `${backTo}/sign-in/oidc/callback`;
  const program = spawn(process.execPath, ['identity-provider.mjs', String(port), redirect], { stdio: 'ignore' });
  return started(program, `http://localhost:${port}`, '/.well-known/openid-configuration');
}

async function started(program: ChildProcess, origin: string, path: string): Promise<Server> {
  const ended = new Promise<void>((resolve) => program.once('exit', () => resolve()));
  const answers = async (): Promise<boolean> => {
    expect(program.exitCode, `${origin} runs`).toBeNull();
    return fetch(`${origin}${path}`).then(({ ok }) => ok, () => false);
  };
  await expect.poll(answers, { timeout: 30_000, message: `${origin} answers` }).toBe(true);
  const stop = async (): Promise<void> => {
    program.kill('SIGTERM');
    await ended;
  };
  return { origin, stop };
}
