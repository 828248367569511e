/**
 * The shared libraries of the TPM software stack, loaded when the first TPM is opened. This file and `memory.ts` are all that
 * touches foreign memory.
 */

import koffi, { type LibraryHandle } from 'koffi';
import { COMMANDS, isStructure, STRUCTURES, type CommandName, type Structure } from './commands.ts';
import { agentError } from './errors.ts';

/** An address in foreign memory; null is C's null pointer. */
export type Pointer = bigint | null;

export type Word = number | Pointer;

/** What the room calls, by the names of the headers without their prefix. Numbers it returns are TSS2_RC. */
export interface Tss2 {
  /** `nameConf` such as `device:/dev/tpmrm0`; where the context comes out is written to `context` */
  tctiInitialize(nameConf: string, context: Pointer): Promise<number>;
  tctiFinalize(context: Pointer): Promise<void>;
  initialize(context: Pointer, tcti: Pointer): number;
  finalize(context: Pointer): void;
  free(pointer: Pointer): void;
  closeHandle(context: Pointer, handle: Pointer): number;
  setAuth(context: Pointer, handle: number, auth: Pointer): number;
  setSessionAttributes(context: Pointer, session: number, flags: number, mask: number): number;
  /** a command of {@link COMMANDS}, on a thread of its own with the event loop free */
  command(name: CommandName, args: readonly Word[]): Promise<number>;
  marshal(type: Structure, source: Pointer, buffer: Pointer, size: number, offset: Pointer): number;
  unmarshal(type: Structure, buffer: Pointer, size: number, offset: Pointer, target: Pointer): number;
  /** what libtss2 says about a TSS2_RC, for people */
  describe(rc: number): string;
}

/** ESYS keeps whole structures on its stack and calls OpenSSL; koffi gives a thread 128 KiB unless told otherwise. */
const ASYNC_STACK = 1 << 20;

const PACKAGES =
  'on Debian 12: apt-get install libtss2-esys-3.0.2-0 libtss2-tctildr0 libtss2-mu0 libtss2-rc0 libtss2-tcti-device0; on other ' +
  'distributions the package is called tpm2-tss.';

/**
 * Loads a shared library.
 * @throws TpmError `tss2.library-missing`
 */
export function openLibrary(file: string): LibraryHandle {
  // Refused once anything is loaded, or was tried to be.
  if (koffi.config().async_stack_size! < ASYNC_STACK) koffi.config({ async_stack_size: ASYNC_STACK });
  try {
    return koffi.load(file);
  } catch (cause) {
    const message = `the library ${file} of the TPM software stack cannot be loaded`;
    throw agentError('tss2.library-missing', message, `Install it, ${PACKAGES}`, { cause });
  }
}

let loaded: Tss2 | undefined;

/**
 * The functions of libtss2, loaded on the first call. What libtss2 writes to standard error is off unless TSS2_LOG asks for it.
 * @throws TpmError `tss2.library-missing`
 */
export function tss2(): Tss2 {
  loaded ??= load();
  return loaded;
}

function load(): Tss2 {
  process.env['TSS2_LOG'] ??= 'all+NONE';
  const [esys, mu] = [openLibrary('libtss2-esys.so.0'), openLibrary('libtss2-mu.so.0')];
  const [tctildr, rc] = [openLibrary('libtss2-tctildr.so.0'), openLibrary('libtss2-rc.so.0')];

  const commands = table(Object.keys(COMMANDS) as CommandName[], (name) => {
    const { handles, sessions = 3, inputs, outputs } = COMMANDS[name];
    const parameters = [
      ...Array.from({ length: handles + sessions }, () => 'uint32_t'),
      ...inputs.map((type) => (isStructure(type) ? 'void *' : type)),
      ...outputs.map(() => 'void *'),
    ];
    return esys.func(`Esys_${name}`, 'uint32_t', ['void *', ...parameters]);
  });
  const marshal = table(STRUCTURES, (type) =>
    mu.func(`Tss2_MU_${type}_Marshal`, 'uint32_t', ['void *', 'void *', 'size_t', 'void *']),
  );
  const unmarshal = table(STRUCTURES, (type) =>
    mu.func(`Tss2_MU_${type}_Unmarshal`, 'uint32_t', ['void *', 'size_t', 'void *', 'void *']),
  );
  const tctiInitialize = tctildr.func('uint32_t Tss2_TctiLdr_Initialize(const char *nameConf, void *context)');
  const initialize = esys.func('uint32_t Esys_Initialize(void *context, void *tcti, void *abiVersion)');
  const tctiFinalize = tctildr.func('void Tss2_TctiLdr_Finalize(void *context)');

  return {
    tctiInitialize: (nameConf, context) => onThread<number>(tctiInitialize, [nameConf, context]),
    tctiFinalize: (context) => onThread<void>(tctiFinalize, [context]),
    initialize: (context, tcti) => initialize(context, tcti, null) as number,
    finalize: esys.func('void Esys_Finalize(void *context)'),
    free: esys.func('void Esys_Free(void *pointer)'),
    closeHandle: esys.func('uint32_t Esys_TR_Close(void *context, void *handle)'),
    setAuth: esys.func('uint32_t Esys_TR_SetAuth(void *context, uint32_t handle, void *auth)'),
    setSessionAttributes: esys.func(
      'uint32_t Esys_TRSess_SetAttributes(void *context, uint32_t session, uint8_t flags, uint8_t mask)',
    ),
    command: (name, args) => onThread<number>(commands[name], args),
    marshal: (type, ...args) => marshal[type](...args) as number,
    unmarshal: (type, ...args) => unmarshal[type](...args) as number,
    describe: rc.func('const char *Tss2_RC_Decode(uint32_t rc)'),
  };
}

type Native = ReturnType<LibraryHandle['func']>;

function table<T extends string>(names: readonly T[], make: (name: T) => Native): Readonly<Record<T, Native>> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<T, Native>;
}

/** Calls a function of C on a thread of its own. What it points to must not move meanwhile: foreign memory only, no arrays. */
function onThread<T>(native: Native, args: readonly (Word | string)[]): Promise<T> {
  return new Promise((resolve, reject) => {
    native.async(...args, (error: unknown, result: T) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });
}
