/** A software TPM of its own (swtpm on loopback), spoken to with tpm2-tools. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { run, start, type RunResult } from './programs.ts';

export interface SoftwareTpm {
  /** How programs reach it: the variables of the environment that tpm2-tools read. */
  readonly env: Readonly<Record<string, string>>;
  /** Port on the loopback for commands; the next one is for control. */
  readonly port: number;
  /** Runs a command of tpm2-tools on this TPM. */
  tpm2(args: readonly string[]): Promise<RunResult>;
  stop(): Promise<void>;
}

/** What a TPM's maker would know of it. */
export interface ManufacturedTpm {
  /** EK certificates (DER) by the NV index they lie in. */
  readonly certificates: ReadonlyMap<number, Uint8Array>;
}

/**
 * Makes a new TPM in `folder`, as its maker would: EKs of RSA-2048 and P-384, their certificates in NV and, with
 * `swtpm_setup`'s habit, both keys persistent at 0x81010001 and 0x81010016. The issuer is a CA of its own.
 */
export async function manufactureTpm(folder: string): Promise<ManufacturedTpm> {
  const [state, ca, certificates] = ['swtpm', 'ca', 'certificates'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [state, ca, certificates]) mkdirSync(path, { recursive: true });
  const write = (name: string, lines: readonly string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  };
  const issuer = write('localca.conf', [
    `statedir = ${ca}`,
    `signingkey = ${join(ca, 'signkey.pem')}`,
    `issuercert = ${join(ca, 'issuercert.pem')}`,
    `certserial = ${join(ca, 'certserial')}`,
  ]);
  const options = write('localca.options', [
    '--platform-manufacturer Assay',
    '--platform-version 1.0',
    '--platform-model Lab',
  ]);
  const config = write('swtpm_setup.conf', [
    'create_certs_tool = /usr/bin/swtpm_localca',
    `create_certs_tool_config = ${issuer}`,
    `create_certs_tool_options = ${options}`,
  ]);
  const made = ['--create-ek-cert', '--create-platform-cert', '--write-ek-cert-files', certificates];
  const banks = ['--pcr-banks', 'sha1,sha256,sha384'];
  await run('swtpm_setup', ['--tpm2', '--config', config, '--tpmstate', state, '--overwrite', ...made, ...banks]);
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(certificates, name)));
  return {
    certificates: new Map([
      [0x01c00002, read('ek-rsa2048.crt')],
      [0x01c00016, read('ek-secp384r1.crt')],
    ]),
  };
}

/** Another program may take a port between the look and the start. */
const TRIES = 5;
/** Each start-up command that finds no TPM yet takes some 20 ms. */
const STARTUP_TRIES = 200;

/** Starts a TPM with its state in `folder`, switched on and ready. */
export async function startSoftwareTpm(folder: string): Promise<SoftwareTpm> {
  const kept = join(folder, 'swtpm');
  mkdirSync(kept, { recursive: true });
  for (let i = 0; i < TRIES; i++) {
    const port = await freePair();
    const address = (at: number): string => `type=tcp,bindaddr=127.0.0.1,port=${at}`;
    const control = ['--ctrl', address(port + 1)];
    const daemon = start('swtpm', [
      'socket',
      '--tpm2',
      '--tpmstate',
      `dir=${kept}`,
      '--server',
      `${address(port)},disconnect`,
      ...control,
      '--flags',
      'not-need-init',
    ]);
    const state = { over: false };
    daemon.exited.then(
      () => (state.over = true),
      () => (state.over = true),
    );
    const env = { TPM2TOOLS_TCTI: `swtpm:host=127.0.0.1,port=${port}`, TSS2_LOG: 'all+none' };
    for (let tries = 0; tries < STARTUP_TRIES && !state.over; tries++) {
      const { code } = await run('tpm2', ['startup', '-c'], { env, accept: [0, 1, 2, 3, 4, 5] });
      if (code === 0) return { env, port, tpm2: (args) => run('tpm2', args, { env }), stop: () => daemon.stop() };
    }
    await daemon.stop();
  }
  throw new Error('no software TPM came up');
}

/** A free port whose next one, which the TSS takes for control, is free too. */
export async function freePair(): Promise<number> {
  for (;;) {
    const first = await listen(0);
    try {
      const second = await listen(first.port + 1).catch(() => undefined);
      if (second !== undefined) {
        await second.close();
        return first.port;
      }
    } finally {
      await first.close();
    }
  }
}

function listen(port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const close = (): Promise<void> => new Promise((closed) => server.close(() => closed()));
      resolve({ port: (server.address() as AddressInfo).port, close });
    });
  });
}
