/**
 * A TPM that is open: one command at a time, each on a thread so that the event loop stays free, and an account of what lies
 * loaded in it. All of the room's commands go through here.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { ByteWriter } from '../../bytes/writer.ts';
import {
  COMMANDS,
  ESYS_TR,
  isStructure,
  type CommandName,
  type Handle,
  type Inputs,
  type Output,
  type Outputs,
  type Structure,
} from './commands.ts';
import { agentError, returnCodeError, TpmError } from './errors.ts';
import { tss2, type Pointer, type Tss2, type Word } from './library.ts';
import { CommandMemory } from './memory.ts';
import { isBusy, isDisconnected } from './return-code.ts';
import { chooseTcti } from './tcti.ts';

/** A hierarchy with an authorization value that this room uses. */
export type AuthorizedHierarchy = 'owner' | 'endorsement';

export interface TpmOptions {
  /** such as `device:/dev/tpmrm0` or `swtpm:host=127.0.0.1,port=2321`; left out: TSS2_TCTI, else the kernel's device */
  readonly tcti?: string | undefined;
  /** authorization values of hierarchies that have one */
  readonly auth?: Partial<Readonly<Record<AuthorizedHierarchy, Uint8Array>>>;
  /** milliseconds a command may take before the TPM is given up; the kernel itself waits five minutes for a key */
  readonly timeout?: number;
}

const TIMEOUT = 330_000;

/** What a command is given. */
export interface Arguments<C extends CommandName> {
  readonly handles?: readonly Handle[];
  /** at most three; an authorization stands at the place of its handle */
  readonly sessions?: readonly Handle[];
  readonly inputs: Inputs<C>;
}

/** How often, and in milliseconds how long, a TPM that says it is busy is asked again: for some ten seconds. */
const BUSY_TRIES = 15;
const BUSY_WAIT = 10;
const BUSY_WAIT_MAX = 1000;

/** How a handle is given back: an object or session is flushed from the TPM, an index or persistent object only forgotten. */
type Kind = 'flush' | 'forget';

const HIERARCHIES: readonly AuthorizedHierarchy[] = ['owner', 'endorsement'];

export class Tpm {
  readonly #tss2: Tss2;
  readonly #memory: CommandMemory;
  readonly #timeout: number;
  readonly #auth: ReadonlySet<AuthorizedHierarchy>;
  readonly #open = new Map<Handle, Kind>();
  /** ends when every command asked for so far is answered */
  #queue: Promise<unknown> = Promise.resolve();
  /** a command that was not answered in time: its thread still works with the memory and the context */
  #late: Promise<unknown> | undefined;
  /** why no command is sent any more */
  #over: TpmError | undefined;
  #closed: Promise<void> | undefined;

  private constructor(lib: Tss2, options: TpmOptions) {
    this.#tss2 = lib;
    this.#memory = new CommandMemory(lib);
    this.#timeout = options.timeout ?? TIMEOUT;
    this.#auth = new Set(HIERARCHIES.filter((hierarchy) => (options.auth?.[hierarchy]?.length ?? 0) > 0));
  }

  /**
   * Opens a TPM. Nothing is sent to it yet.
   * @param environment where TSS2_TCTI is looked up
   * @throws TpmError
   */
  static async open(
    options: TpmOptions = {},
    environment: Readonly<Record<string, string | undefined>> = process.env,
  ): Promise<Tpm> {
    const tcti = await chooseTcti(options.tcti, environment);
    const lib = tss2();
    const tpm = new Tpm(lib, options);
    const memory = tpm.#memory;
    try {
      tpm.#check(await tpm.#inTime(lib.tctiInitialize(tcti, memory.tcti), `opening ${tcti}`), `opening ${tcti}`);
      tpm.#check(lib.initialize(memory.esys, memory.pointerAt(memory.tcti)), `opening ${tcti}`);
      for (const hierarchy of HIERARCHIES) {
        const value = options.auth?.[hierarchy];
        if (value !== undefined) await tpm.setAuth(ESYS_TR[hierarchy], value);
      }
      return tpm;
    } catch (error) {
      await tpm.close();
      throw error;
    }
  }

  /** Objects, sessions and indices in use: zero whenever nobody is in the middle of something. */
  get openHandles(): number {
    return this.#open.size;
  }

  /** Whether the configuration has an authorization value for the hierarchy. */
  hasAuth(hierarchy: AuthorizedHierarchy): boolean {
    return this.#auth.has(hierarchy);
  }

  /** Sets the authorization value that later commands use for a handle. Nothing is sent to the TPM. */
  async setAuth(handle: Handle, value: Uint8Array): Promise<void> {
    await this.#exclusive(() => {
      const auth = this.#memory.put('TPM2B_DIGEST', new ByteWriter().sized16be(value).bytes());
      this.#check(this.#tss2.setAuth(this.#context, handle, auth), 'setting an authorization value');
    });
  }

  /** Sets the attributes of a session (TPMA_SESSION, TPM 2.0 Part 2, 8.4). Nothing is sent to the TPM. */
  async setSessionAttributes(session: Handle, attributes: number): Promise<void> {
    await this.#exclusive(() => {
      const rc = this.#tss2.setSessionAttributes(this.#context, session, attributes, 0xff);
      this.#check(rc, 'setting attributes of a session');
    });
  }

  /**
   * Sends a command when those asked for before are answered.
   * @param adopt told of each handle the command gives, which is then somebody's to release: see `Scope`
   * @throws TpmError
   */
  run<C extends CommandName>(
    name: C,
    given: Arguments<C>,
    adopt: (handle: Handle) => void = () => undefined,
  ): Promise<Outputs<C>> {
    return this.#exclusive(() => this.#send(name, given, adopt));
  }

  /** Gives a handle back. Where the way to the TPM is gone there is nothing left to give back. */
  async release(handle: Handle): Promise<void> {
    const kind = this.#open.get(handle);
    if (kind === undefined) return;
    if (kind === 'forget' || !(await this.#flush(handle))) await this.#exclusive(() => this.#forget(handle));
    this.#open.delete(handle);
  }

  /** @returns false where the TPM has nothing under the handle any more: somebody else flushed it */
  async #flush(handle: Handle): Promise<boolean> {
    try {
      await this.run('FlushContext', { handles: [handle], inputs: [] });
      return true;
    } catch (error) {
      if (error instanceof TpmError && error.code === 'TPM_RC_HANDLE') return false;
      throw error;
    }
  }

  #forget(handle: Handle): void {
    const address = this.#memory.room();
    this.#memory.setNumber(address, handle);
    this.#check(this.#tss2.closeHandle(this.#context, address), 'forgetting a handle');
  }

  /**
   * Closes the way to the TPM, once the commands asked for are answered. A command that never is keeps its thread, and with it
   * the process, until the driver gives up.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#queue;
    this.#end(agentError('tss2.closed', 'the TPM was closed', 'Open it again.'));
    const free = (): Promise<void> => this.#free();
    if (this.#late === undefined) await free();
    else void this.#late.then(free, free);
  }

  async #free(): Promise<void> {
    const memory = this.#memory;
    if (memory.pointerAt(memory.esys) !== null) this.#tss2.finalize(memory.esys);
    if (memory.pointerAt(memory.tcti) !== null) await this.#tss2.tctiFinalize(memory.tcti);
    memory.free();
  }

  get #context(): Pointer {
    return this.#memory.pointerAt(this.#memory.esys);
  }

  /** Nothing is sent any more; what the TPM still holds is out of reach. */
  #end(reason: TpmError): void {
    this.#over ??= reason;
    this.#open.clear();
  }

  /** Does something with the context while nothing else does. */
  #exclusive<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#queue.then(async () => {
      if (this.#over !== undefined) throw this.#over;
      try {
        return await work();
      } finally {
        if (this.#late === undefined) this.#memory.clear();
      }
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #send<C extends CommandName>(
    name: C,
    given: Arguments<C>,
    adopt: (handle: Handle) => void,
  ): Promise<Outputs<C>> {
    const { sessions = 3, inputs, outputs } = COMMANDS[name];
    const memory = this.#memory;
    const values = given.inputs as readonly (number | Uint8Array | null)[];
    const rooms = outputs.map((type) => (type === 'unused' ? null : memory.room()));
    const args: Word[] = [
      this.#context,
      ...(given.handles ?? []),
      ...Array.from({ length: sessions }, (_, i) => given.sessions?.[i] ?? ESYS_TR.none),
      ...values.map((value, i) => (value instanceof Uint8Array ? memory.put(inputs[i] as Structure, value) : value)),
      ...rooms,
    ];
    this.#check(await this.#answer(name, args), `TPM2_${name}`);
    const kind: Kind = name === 'TR_FromTPMPublic' ? 'forget' : 'flush';
    return this.#take(outputs, rooms, (handle) => {
      this.#open.set(handle, kind);
      adopt(handle);
    }) as Outputs<C>;
  }

  /** The TSS2_RC of a command, asked again while the TPM is busy. */
  async #answer(name: CommandName, args: readonly Word[]): Promise<number> {
    for (let tries = 1; ; tries++) {
      const rc = await this.#inTime(this.#tss2.command(name, args), `TPM2_${name}`);
      if (!isBusy(rc) || tries === BUSY_TRIES) return rc;
      await sleep(Math.min(BUSY_WAIT * 2 ** tries, BUSY_WAIT_MAX));
    }
  }

  async #inTime(answer: Promise<number>, what: string): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#late = answer;
        const message = `${what}: no answer within ${this.#timeout / 1000} s`;
        this.#end(agentError('tss2.timeout', message, 'Start the machine again: the TPM, or its driver, is stuck.'));
        reject(this.#over!);
      }, this.#timeout);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The outputs as numbers and bytes; whatever ESYS allocated for them goes back to it. */
  #take(
    types: readonly Output[],
    rooms: readonly (bigint | null)[],
    adopt: (handle: Handle) => void,
  ): (number | Uint8Array | null)[] {
    const memory = this.#memory;
    const structures = types.map((type, i) => (isStructure(type) ? memory.pointerAt(rooms[i]!) : null));
    try {
      return types.map((type, i) => {
        if (type === 'unused') return null;
        if (isStructure(type)) return memory.get(type, structures[i]!);
        if (type !== 'handle') return memory.numberAt(rooms[i]!, type);
        const handle = memory.numberAt(rooms[i]!, 'uint32_t') as Handle;
        adopt(handle);
        return handle;
      });
    } finally {
      for (const structure of structures) this.#tss2.free(structure);
    }
  }

  /** @throws TpmError unless `rc` is success */
  #check(rc: number, what: string): void {
    if (rc === 0) return;
    const error = returnCodeError(rc, what, this.#tss2.describe(rc));
    if (isDisconnected(rc)) this.#end(error);
    throw error;
  }
}
