/** A machine that goes on running: it has a network, takes orders over a serial port, and keeps its TPM from one boot to the next. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { start, type Daemon } from '../tools/programs.ts';
import { isThere } from './cache.ts';
import type { ImageFiles } from './images.ts';
import { labLines, lastLines, machineArguments, makeTpm, startTpm, type Accelerator, type Wiring } from './machine.ts';

const LIVE: Wiring = {
  port: (folder) => [
    ...['-chardev', `socket,id=orders,path=${join(folder, 'orders.sock')},server=on,wait=off`],
    ...['-serial', 'chardev:orders'],
  ],
  // Without its option ROM the card adds nothing to what the firmware measures.
  network: ['-netdev', 'user,id=net', '-device', 'virtio-net-pci,netdev=net,romfile='],
};

/** The address under which the guest reaches this machine's loopback. */
export const GATEWAY = '10.0.2.2';

export interface LiveOptions {
  readonly image: ImageFiles;
  /** files of the data disk */
  readonly data: Readonly<Record<string, Uint8Array>>;
  readonly accelerator: Accelerator;
  readonly progress: (line: string) => void;
}

/** One machine, off or running. */
export class LiveMachine {
  readonly #folder: string;
  readonly #options: LiveOptions;
  #running: { readonly tpm: Daemon; readonly qemu: Daemon; readonly orders: Socket } | null = null;

  private constructor(folder: string, options: LiveOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** A machine that was never on, with a new TPM, in an empty folder. */
  static async make(folder: string, options: LiveOptions): Promise<LiveMachine> {
    await mkdir(join(folder, 'data'), { recursive: true });
    for (const [name, content] of Object.entries(options.data)) await writeFile(join(folder, 'data', name), content);
    await copyFile(options.image.variables, join(folder, 'variables.fd'));
    await makeTpm(folder, ['--create-ek-cert']);
    return new LiveMachine(folder, options);
  }

  /** Switches it on and waits until it takes orders. */
  async boot(timeout = 420_000): Promise<void> {
    const { image, accelerator } = this.#options;
    await writeFile(join(this.#folder, 'console.log'), '');
    const { daemon: tpm } = await startTpm(this.#folder);
    const args = machineArguments(this.#folder, image, accelerator, LIVE);
    const qemu = start('qemu-system-x86_64', args, { log: join(this.#folder, 'qemu.log') });
    const orders = await this.#connect();
    this.#running = { tpm, qemu, orders };
    await this.says('waiting for orders', timeout);
  }

  /** Waits until `/init` or the agent writes a line that holds `words`. */
  async says(words: string, timeout: number): Promise<void> {
    const began = performance.now();
    for (;;) {
      const console = await this.console();
      const failure = labLines(console).find((line) => line.startsWith('failed'));
      if (failure !== undefined) throw new Error(`the machine says: ${failure}\n${lastLines(console)}`);
      if (console.includes(words)) return;
      if (performance.now() - began > timeout) {
        throw new Error(`no "${words}" after ${timeout / 1000} s; the console ends with\n${lastLines(console)}`);
      }
      await pause(300);
    }
  }

  order(line: string): void {
    this.#running?.orders.write(`${line}\n`);
  }

  async console(): Promise<string> {
    return await readFile(join(this.#folder, 'console.log'), 'latin1');
  }

  /** The end of the console, for a person to read. */
  async end(): Promise<string> {
    return lastLines(await this.console(), 60);
  }

  /** Waits a moment, or until the machine is over. */
  async pause(): Promise<void> {
    await pause(500);
  }

  /** Has `/init` end the machine, and waits for it. */
  async off(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.order('off');
    await running.qemu.exited;
    await this.stop();
  }

  /** Ends it as it is. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.orders.destroy();
    await running?.qemu.stop();
    await running?.tpm.stop();
  }

  async #connect(): Promise<Socket> {
    const path = join(this.#folder, 'orders.sock');
    for (let tries = 0; !(await isThere(path)); tries += 1) {
      if (tries === 100)
        throw new Error(`QEMU did not start: ${await readFile(join(this.#folder, 'qemu.log'), 'latin1')}`);
      await pause(50);
    }
    const socket = connect(path);
    socket.on('error', () => undefined);
    // What firmware and kernel print there is nobody's business, and must not fill the pipe.
    socket.resume();
    return socket;
  }
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
