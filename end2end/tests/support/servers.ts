// Servers beside the shared one: Kagitaba with other options, and the programs that it talks to.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { expect } from '@playwright/test';
import { program as server, site } from './build.ts';

/** A program that a test started. */
export interface Server {
  origin: string;
  stop: () => Promise<void>;
}

/** Returns a free port. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts Kagitaba with these options, on new data in a folder of this name; with demo data unless an option forbids it. */
export async function kagitaba(
  name: string,
  port: number,
  options: readonly string[],
  environment: Record<string, string> = {},
): Promise<Server> {
  rmSync(dataOf(name), { recursive: true, force: true });
  return kagitabaAgain(name, port, options, environment);
}

/** The data folder of the server of that name. */
export function dataOf(name: string): string {
  return `../target/e2e/${name}`;
}

/** The log file of the server of that name. */
export function logOf(name: string): string {
  return `${dataOf(name)}.log`;
}

/** Starts Kagitaba like `kagitaba`, but on the data that the folder already has. */
export async function kagitabaAgain(
  name: string,
  port: number,
  options: readonly string[],
  environment: Record<string, string> = {},
): Promise<Server> {
  const origin = `http://127.0.0.1:${port}`;
  const where = ['--listen', `127.0.0.1:${port}`, '--data', dataOf(name), '--site', site, '--public-url', origin];
  mkdirSync(resolve(dataOf(name), '..'), { recursive: true });
  const log = openSync(logOf(name), 'w');
  const program = spawn(server, ['serve', ...where, ...options], { env: environment, stdio: ['ignore', log, log] });
  closeSync(log);
  return started(program, origin, '/healthz');
}

/** Locks the server's database for writing from another process. Returns a function that releases it. */
export async function holdDatabase(name: string): Promise<() => Promise<void>> {
  const hold = `import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute('BEGIN IMMEDIATE')
print('held', flush=True)
sys.stdin.read()`;
  const holder = spawn('python3', ['-c', hold, `${dataOf(name)}/kagitaba.db`], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  return async () => {
    const ended = once(holder, 'exit');
    holder.stdin.end();
    await ended;
  };
}

/** Starts the identity provider, whose clients are redirected to this origin. */
export async function identityProvider(backTo: string): Promise<Server> {
  const port = await freePort();
  const redirect = `${backTo}/sign-in/oidc/callback`;
  const program = spawn(process.execPath, ['identity-provider.mjs', String(port), redirect], { stdio: 'ignore' });
  return started(program, `http://localhost:${port}`, '/.well-known/openid-configuration');
}

/** nginx as the manual configures it, before the gate and a server of the agency's own, in a folder of this name. */
export async function nginx(name: string, gate: string, other: string): Promise<Server> {
  const folder = resolve(dataOf(name));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const block = /```nginx\n(.*?)```/s.exec(readFileSync('../server/manual/proxies.md', 'utf8'))?.[1] ?? '';
  const lines = block.replaceAll('http://127.0.0.1:3000', gate).replaceAll('http://your-server', other);
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ');
  const alive = 'location = /alive { return 200; }';
  writeFileSync(
    `${folder}/nginx.conf`,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http { access_log off; ${temporary} server { listen 127.0.0.1:${port}; ${alive}\n${lines} } }\n`,
  );
  const command = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';
  const options = ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', `${folder}/start.log`];
  return started(spawn(command, options, { stdio: 'ignore' }), `http://127.0.0.1:${port}`, '/alive');
}

async function started(program: ChildProcess, origin: string, path: string): Promise<Server> {
  const ended = new Promise<void>((resolve) => program.once('exit', () => resolve()));
  const answers = async (): Promise<boolean> => {
    expect(program.exitCode, `${origin} runs`).toBeNull();
    return fetch(`${origin}${path}`).then(({ ok }) => ok, () => false);
  };
  await expect.poll(answers, { timeout: 60_000, message: `${origin} answers` }).toBe(true);
  const stop = async (): Promise<void> => {
    program.kill('SIGTERM');
    await ended;
  };
  return { origin, stop };
}
