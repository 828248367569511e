/**
 * One real machine: QEMU's q35 with OVMF and a software TPM of its own. The data disk is there in every boot, so that what is on it
 * changes nothing the firmware measures.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, start, type Daemon } from '../tools/programs.ts';
import { cacheFolder, isThere } from './cache.ts';
import type { ImageFiles } from './images.ts';
import { dataPackages } from './packages.ts';
import { withTemporaryFolder } from './temporary.ts';

export const MACHINE_PROGRAMS = ['qemu-system-x86_64', 'swtpm', 'swtpm_setup'] as const;

/** `kvm` only if a guest really ran with it; `tcg` is QEMU's software emulation. */
export type Accelerator = 'kvm' | 'tcg';

export interface BootResult {
  /** What the guest wrote to its second serial port. */
  readonly port: Buffer;
  /** The console, firmware's messages included. */
  readonly console: string;
  /** Whether the firmware said that it refuses the image. */
  readonly refused: boolean;
  readonly seconds: number;
  /** Command lines of the programs, with folders replaced by names. */
  readonly commands: readonly string[];
}

export interface BootOptions {
  readonly image: ImageFiles;
  /** Files of the data disk, by name. */
  readonly data: Readonly<Record<string, Uint8Array | { readonly file: string }>>;
  readonly accelerator: Accelerator;
  readonly progress: (line: string) => void;
  /** Milliseconds. */
  readonly timeout?: number;
}

/**
 * The device file may be there and still refuse to run a guest, or run only some: the firmware itself is run. It needs instructions
 * that a nested KVM may lack, and clears the screen of its console when it is past them.
 */
export async function probeAccelerator(): Promise<Accelerator> {
  const { ovmf } = await dataPackages();
  return await withTemporaryFolder(async (folder) => {
    const [console, log] = [join(folder, 'console.log'), join(folder, 'qemu.log')];
    const firmware = join(ovmf.root, 'usr/share/OVMF/OVMF_CODE_4M.fd');
    const machine = ['-M', 'q35', '-accel', 'kvm', '-cpu', 'max', '-m', '256', '-display', 'none', '-net', 'none'];
    const flash = ['-drive', `if=pflash,format=raw,unit=0,file=${firmware},readonly=on`];
    const args = [...machine, ...flash, '-monitor', 'none', '-serial', `file:${console}`];
    const qemu = start('qemu-system-x86_64', args, { log });
    try {
      const state = watch(qemu);
      for (let tries = 0; tries < 75 && !state.over; tries += 1) {
        await pause(200);
        if ((await text(console)) !== '') return 'kvm';
        if ((await text(log)).includes('KVM internal error')) return 'tcg';
      }
      return 'tcg';
    } finally {
      await qemu.stop();
    }
  });
}

/**
 * Boots the image and waits until the machine switches itself off, or until the firmware refuses the image.
 *
 * @throws Error with the end of the console when the machine says it failed, or does not end in time
 */
export async function boot(options: BootOptions): Promise<BootResult> {
  return await withTemporaryFolder(async (folder) => {
    const daemons: Daemon[] = [];
    try {
      return await bootIn(folder, daemons, options);
    } finally {
      for (const daemon of daemons) await daemon.stop();
    }
  });
}

async function bootIn(folder: string, daemons: Daemon[], options: BootOptions): Promise<BootResult> {
  const { image, progress } = options;
  const data = join(folder, 'data');
  await mkdir(data);
  for (const [name, content] of Object.entries(options.data)) {
    if (!(content instanceof Uint8Array)) await copyFile(content.file, join(data, name));
    else await writeFile(join(data, name), content);
  }
  await copyFile(image.variables, join(folder, 'variables.fd'));

  const began = performance.now();
  const setup = await makeTpm(folder);
  const tpm = await startTpm(folder);
  daemons.push(tpm.daemon);
  const qemuArgs = machineArguments(folder, image, options.accelerator, WRITES_OUT);
  const log = join(folder, 'qemu.log');
  const qemu = start('qemu-system-x86_64', qemuArgs, { log });
  daemons.push(qemu);

  const state = watch(qemu);
  const consoleFile = join(folder, 'console.log');
  const timeout = options.timeout ?? (options.accelerator === 'kvm' ? 180_000 : 420_000);
  let shown = 0;
  let refused = false;
  while (!state.over && !refused) {
    await pause(300);
    const lines = labLines(await text(consoleFile));
    for (const line of lines.slice(shown)) progress(line);
    shown = lines.length;
    refused = refusals(await text(consoleFile)).length > 0;
    if (performance.now() - began > timeout) {
      throw new Error(`no end after ${timeout / 1000} s; the console ends with\n${lastLines(await text(consoleFile))}`);
    }
  }
  const console = await text(consoleFile);
  const failure = labLines(console).find((line) => line.startsWith('failed'));
  if (failure !== undefined) throw new Error(`the machine says: ${failure}\n${lastLines(console)}`);
  if (!refused && (await qemu.exited) !== 0) throw new Error(`QEMU failed: ${await text(log)}`);
  const hide = (args: readonly string[]): string =>
    args.join(' ').replaceAll(folder, 'WORK').replaceAll(image.folder, 'IMAGE').replaceAll(cacheFolder(), 'CACHE');
  return {
    port: await readFile(join(folder, 'port.log')),
    console,
    refused,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    commands: [...[setup, tpm.command].map(hide), hide(['qemu-system-x86_64', ...qemuArgs])],
  };
}

/**
 * Makes the state of a new TPM.
 * @param more further options of `swtpm_setup`
 */
export async function makeTpm(folder: string, more: readonly string[] = []): Promise<string[]> {
  const state = join(folder, 'tpm');
  await mkdir(state);
  const setup = ['--tpm2', '--tpmstate', state, '--pcr-banks', 'sha1,sha256,sha384', '--overwrite', ...more];
  await run('swtpm_setup', setup);
  return ['swtpm_setup', ...setup];
}

/** Starts the TPM of a folder; it ends with the machine. */
export async function startTpm(folder: string): Promise<{ daemon: Daemon; command: string[] }> {
  const socket = join(folder, 'tpm.sock');
  await rm(socket, { force: true });
  const state = `dir=${join(folder, 'tpm')}`;
  const args = ['socket', '--tpm2', '--tpmstate', state, '--ctrl', `type=unixio,path=${socket}`];
  const daemon = start('swtpm', args, { log: join(folder, 'swtpm.log') });
  for (let tries = 0; !(await isThere(socket)); tries += 1) {
    if (tries === 100) throw new Error(`swtpm did not start: ${await text(join(folder, 'swtpm.log'))}`);
    await pause(50);
  }
  return { daemon, command: ['swtpm', ...args] };
}

/** What stands at the machine's second serial port, and whether it has a network. */
export interface Wiring {
  readonly port: (folder: string) => readonly string[];
  readonly network: readonly string[];
}

/** The port is a file that the machine writes its evidence to. */
const WRITES_OUT: Wiring = {
  port: (folder) => ['-serial', `file:${join(folder, 'port.log')}`],
  network: ['-net', 'none'],
};

/** The command line of one machine. */
export function machineArguments(
  folder: string,
  image: ImageFiles,
  accelerator: Accelerator,
  { port, network }: Wiring,
): string[] {
  const pflash = (unit: number, file: string, rest: string): string[] => [
    '-drive',
    `if=pflash,format=raw,unit=${unit},file=${file}${rest}`,
  ];
  return [
    ...['-M', image.secureBoot ? 'q35,smm=on' : 'q35', '-accel', accelerator, '-cpu', 'max', '-m', '1024'],
    ...(image.secureBoot ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
    ...pflash(0, image.firmware, ',readonly=on'),
    ...pflash(1, join(folder, 'variables.fd'), ''),
    ...['-chardev', `socket,id=tpm,path=${join(folder, 'tpm.sock')}`, '-tpmdev', 'emulator,id=tpm0,chardev=tpm'],
    ...['-device', 'tpm-tis,tpmdev=tpm0'],
    // The partition is a view of a folder; writes go to a temporary overlay.
    ...[
      '-drive',
      `if=none,id=esp,format=raw,snapshot=on,file=fat:${image.esp}`,
      '-device',
      'ide-hd,drive=esp,bootindex=0',
    ],
    ...[
      '-drive',
      `if=none,id=data,format=raw,readonly=on,file=fat:${join(folder, 'data')}`,
      '-device',
      'virtio-blk-pci,drive=data',
    ],
    ...['-serial', `file:${join(folder, 'console.log')}`, ...port(folder)],
    ...['-display', 'none', '-monitor', 'none', ...network, '-no-reboot'],
  ];
}

/** What OVMF prints when it does not start an image. */
export function refusals(console: string): string[] {
  return console
    .split(/[\r\n]+/)
    .flatMap((line) => /BdsDxe: (?:failed to (?:load|start)|No bootable) .*$/.exec(line)?.[0] ?? []);
}

/** What `/init` says, whole lines only. */
export function labLines(console: string): string[] {
  return console
    .split(/[\r\n]+/)
    .slice(0, -1)
    .flatMap((line) => /lab: (.*)$/.exec(line)?.[1] ?? []);
}

/** Console text without the control sequences firmware prints. */
export function lastLines(console: string, count = 25): string {
  const plain = console.replaceAll(/\x1b\[[0-9;=?]*[A-Za-z]/g, '').split(/[\r\n]+/);
  return plain
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}

/** Says, without waiting, whether the program has ended. */
function watch(daemon: Daemon): { readonly over: boolean } {
  const state = { over: false };
  const ended = (): void => void (state.over = true);
  daemon.exited.then(ended, ended);
  return state;
}

async function text(path: string): Promise<string> {
  return (await isThere(path)) ? await readFile(path, 'latin1') : '';
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
