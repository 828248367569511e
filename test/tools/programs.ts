/**
 * The one module that starts external programs. Tests, the lab and the tools name a program of {@link PROGRAMS}; nothing else may
 * import `node:child_process`, so the table is the whole list of what this project runs and of the Debian packages it needs.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, openSync, closeSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';

/** Where a program is and what brings it. `package: null` marks what comes with Node itself. */
export interface Program {
  readonly path: string;
  readonly package: string | null;
  /** Arguments that make the program print its version and stop. */
  readonly version: readonly string[];
}

const debian = (path: string, name: string, version: readonly string[] = ['--version']): Program => ({
  path,
  package: name,
  version,
});

export const PROGRAMS = {
  node: { path: process.execPath, package: null, version: ['--version'] },
  npm: { path: besideNode('npm'), package: null, version: ['--version'] },
  'apt-get': debian('/usr/bin/apt-get', 'apt'),
  'apt-cache': debian('/usr/bin/apt-cache', 'apt'),
  dpkg: debian('/usr/bin/dpkg', 'dpkg'),
  'dpkg-query': debian('/usr/bin/dpkg-query', 'dpkg'),
  // These two run the commands of the documentation as it shows them.
  bash: debian('/usr/bin/bash', 'bash'),
  // Shells without what bash adds, for scripts that say they need none of it.
  dash: debian('/usr/bin/dash', 'dash', ['-c', 'echo dash']),
  curl: debian('/usr/bin/curl', 'curl'),
  ldd: debian('/usr/bin/ldd', 'libc-bin'),
  gzip: debian('/usr/bin/gzip', 'gzip'),
  cpio: debian('/usr/bin/cpio', 'cpio'),
  git: debian('/usr/bin/git', 'git'),
  objcopy: debian('/usr/bin/objcopy', 'binutils'),
  openssl: debian('/usr/bin/openssl', 'openssl', ['version']),
  sbsign: debian('/usr/bin/sbsign', 'sbsigntool'),
  sbverify: debian('/usr/bin/sbverify', 'sbsigntool'),
  busybox: debian('/usr/bin/busybox', 'busybox-static', ['--help']),
  'qemu-system-x86_64': debian('/usr/bin/qemu-system-x86_64', 'qemu-system-x86'),
  swtpm: debian('/usr/bin/swtpm', 'swtpm'),
  swtpm_setup: debian('/usr/bin/swtpm_setup', 'swtpm-tools'),
  tpm2: debian('/usr/bin/tpm2', 'tpm2-tools', ['getrandom', '--version']),
  shellcheck: debian('/usr/bin/shellcheck', 'shellcheck'),
  strace: debian('/usr/bin/strace', 'strace', ['-V']),
  'systemd-analyze': debian('/usr/bin/systemd-analyze', 'systemd'),
  'systemd-measure': debian('/usr/lib/systemd/systemd-measure', 'systemd'),
  veritysetup: debian('/usr/sbin/veritysetup', 'cryptsetup-bin'),
  evmctl: debian('/usr/bin/evmctl', 'ima-evm-utils'),
  // PostgreSQL does not run as root; `setpriv` starts its programs as the user that its package makes.
  setpriv: debian('/usr/bin/setpriv', 'util-linux'),
  initdb: debian('/usr/lib/postgresql/15/bin/initdb', 'postgresql-15'),
  postgres: debian('/usr/lib/postgresql/15/bin/postgres', 'postgresql-15'),
  pg_dump: debian('/usr/lib/postgresql/15/bin/pg_dump', 'postgresql-client-15'),
  'efi-readvar': debian('/usr/bin/efi-readvar', 'efitools', ['--help']),
  'sig-list-to-certs': debian('/usr/bin/sig-list-to-certs', 'efitools', ['--help']),
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof PROGRAMS;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes for standard input; without it standard input is empty. */
  readonly input?: Uint8Array | string;
  /** Milliseconds until the program is killed and the call fails. Default two minutes. */
  readonly timeout?: number;
  /** Exit codes that are not a failure. Default only 0. */
  readonly accept?: readonly number[];
}

export interface RunResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** A program ended badly, did not end in time, or is not there. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly program: string;
  readonly result: RunResult | null;

  constructor(program: string, message: string, result: RunResult | null) {
    super(message);
    this.program = program;
    this.result = result;
  }
}

const children = new Set<ChildProcess>();
let hooked = false;

/** Runs a program to its end and gives back what it printed. */
export async function run(name: ProgramName, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = launch(name, args, options, ['pipe', 'pipe', 'pipe']);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A program that ends without reading its input closes the pipe; its exit code tells what happened.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  const timeout = options.timeout ?? 120_000;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeout);
  try {
    const code = await exitCode(child);
    const result: RunResult = { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
    const line = [name, ...args].join(' ');
    if (late) throw new ProgramError(name, `${line}: not finished after ${timeout / 1000} s`, result);
    if (!(options.accept ?? [0]).includes(code)) {
      throw new ProgramError(
        name,
        `${line}: exit ${code}\n${tail(result.stderr.toString() || result.stdout.toString())}`,
        result,
      );
    }
    return result;
  } finally {
    clearTimeout(timer);
  }
}

/** A program left running; it is killed when this process ends. */
export interface Daemon {
  readonly pid: number;
  /** Exit code, or −1 after a signal. */
  readonly exited: Promise<number>;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** File that receives standard output and standard error; without it both are dropped. */
  readonly log?: string;
}

/** Starts a program that keeps running until it is stopped, ends by itself, or this process ends. */
export function start(name: ProgramName, args: readonly string[], options: StartOptions = {}): Daemon {
  const log = options.log === undefined ? null : openSync(options.log, 'a');
  const output = log ?? 'ignore';
  const child = launch(name, args, options, ['ignore', output, output]);
  if (log !== null) closeSync(log);
  const exited = exitCode(child);
  exited.catch(() => undefined);
  return {
    pid: child.pid ?? -1,
    exited,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const hard = setTimeout(() => child.kill('SIGKILL'), 3000);
        child.kill('SIGTERM');
        await exited.catch(() => -1);
        clearTimeout(hard);
      }
    },
  };
}

/** First line the program prints about its version. */
export async function programVersion(name: ProgramName): Promise<string> {
  const result = await run(name, PROGRAMS[name].version, { accept: [0, 1, 2] });
  return (result.stdout.toString() || result.stderr.toString()).split('\n')[0]?.trim() ?? '';
}

/** Installed version of each Debian package, by name; a package that is not installed is left out. */
export async function packageVersions(packages: readonly string[]): Promise<Record<string, string>> {
  const query = ['-W', '-f', '${Package} ${db:Status-Abbrev}${Version}\\n', ...packages];
  const { stdout } = await run('dpkg-query', query, { accept: [0, 1] });
  const versions: Record<string, string> = {};
  for (const line of stdout.toString().split('\n')) {
    const [name, status, version] = line.split(' ').filter((word) => word !== '');
    if (name !== undefined && version !== undefined && status === 'ii') versions[name] = version;
  }
  return versions;
}

/** Names whose file is not there or may not be executed. */
export function missingPrograms(names: readonly ProgramName[]): ProgramName[] {
  return names.filter((name) => !executable(PROGRAMS[name].path));
}

/**
 * Checks that the programs are there and installs the Debian packages of those that are not: in CI, with `ASSAY_INSTALL=1`, or after a
 * yes at the terminal, and only after printing what will be installed.
 *
 * @throws ProgramError with the exact command to run, where installing is not allowed
 */
export async function ensureInstalled(names: readonly ProgramName[]): Promise<void> {
  const missing = missingPrograms(names);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => PROGRAMS[name].package).filter((name) => name !== null))].sort();
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  const needed = `missing: ${missing.join(', ')}`;
  if (packages.length === 0 || !executable(PROGRAMS['apt-get'].path)) throw new ProgramError('apt-get', needed, null);
  if (!(await mayInstall(needed, command))) {
    throw new ProgramError('apt-get', `${needed}\nRun as root:\n  ${command}\nor set ASSAY_INSTALL=1`, null);
  }
  process.stderr.write(`${needed}\ninstalling: ${packages.join(' ')}\n`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  const first = await run('apt-get', install, { env, timeout: 900_000, accept: [0, 100] });
  if (first.code !== 0) {
    // Exit 100 is most often a stale package list.
    await run('apt-get', ['update'], { env, timeout: 300_000 });
    await run('apt-get', install, { env, timeout: 900_000 });
  }
  const still = missingPrograms(names);
  if (still.length > 0)
    throw new ProgramError('apt-get', `still missing after the installation: ${still.join(', ')}`, null);
}

async function mayInstall(needed: string, command: string): Promise<boolean> {
  if (process.env['CI'] === 'true' || process.env['ASSAY_INSTALL'] === '1') return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${needed}\nThis will run: ${command}\nInstall? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

type Stdio = 'pipe' | 'ignore' | number;

function launch(
  name: ProgramName,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> },
  stdio: [Stdio, Stdio, Stdio],
): ChildProcess {
  hookExit();
  const child = spawn(PROGRAMS[name].path, args, {
    stdio,
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      children.delete(child);
      reject(new ProgramError(child.spawnfile, `${child.spawnfile}: ${error.message}`, null));
    });
    child.once('close', (code) => resolve(code ?? -1));
  });
}

/** No program outlives this process: killed on exit, and on the signals that would end the process without an exit event. */
function hookExit(): void {
  if (hooked) return;
  hooked = true;
  process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL');
  });
  const signals: readonly (readonly [NodeJS.Signals, number])[] = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ];
  for (const [signal, code] of signals) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(code);
    });
  }
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function besideNode(name: string): string {
  return process.execPath.replace(/[^/]*$/, name);
}

function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-20).join('\n');
}
