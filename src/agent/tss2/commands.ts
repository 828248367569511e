/**
 * The commands this room sends, as `tss2/tss2_esys.h` declares them: `Esys_X(context, handles…, sessions…, inputs…, outputs…)`.
 * From this table the functions of C are declared and what is given to them is checked.
 */

/** Numbers, by the name C has for them. */
type Scalar = 'uint8_t' | 'uint16_t' | 'uint32_t' | 'int32_t';

/** Structures that libtss2-mu turns into bytes and back. They stay foreign memory: nobody here knows their fields. */
export const STRUCTURES = [
  'TPM2B_ATTEST',
  'TPM2B_DATA',
  'TPM2B_DIGEST',
  'TPM2B_ENCRYPTED_SECRET',
  'TPM2B_ID_OBJECT',
  'TPM2B_MAX_NV_BUFFER',
  'TPM2B_NAME',
  'TPM2B_NV_PUBLIC',
  'TPM2B_PRIVATE',
  'TPM2B_PUBLIC',
  'TPM2B_SENSITIVE_CREATE',
  'TPML_DIGEST',
  'TPML_PCR_SELECTION',
  'TPMS_CAPABILITY_DATA',
  'TPMS_TIME_INFO',
  'TPMT_SIGNATURE',
  'TPMT_SIG_SCHEME',
  'TPMT_SYM_DEF',
  'TPMT_TK_HASHCHECK',
] as const;

export type Structure = (typeof STRUCTURES)[number];

const NAMES: ReadonlySet<string> = new Set(STRUCTURES);

/** Whether a type of {@link COMMANDS} is a structure, which C takes and gives by its address. */
export function isStructure(type: string): type is Structure {
  return NAMES.has(type);
}

type Input = Scalar | Structure;

/** `handle`: an ESYS_TR that has to be given back. `unused`: a structure nobody here asks for. */
export type Output = Scalar | Structure | 'handle' | 'unused';

interface Command {
  /** how many ESYS_TR come first */
  readonly handles: number;
  /** how many sessions follow; three where left out */
  readonly sessions?: 0;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
}

const TABLE = {
  ActivateCredential: {
    handles: 2,
    inputs: ['TPM2B_ID_OBJECT', 'TPM2B_ENCRYPTED_SECRET'],
    outputs: ['TPM2B_DIGEST'],
  },
  Certify: { handles: 2, inputs: ['TPM2B_DATA', 'TPMT_SIG_SCHEME'], outputs: ['TPM2B_ATTEST', 'TPMT_SIGNATURE'] },
  Create: {
    handles: 1,
    inputs: ['TPM2B_SENSITIVE_CREATE', 'TPM2B_PUBLIC', 'TPM2B_DATA', 'TPML_PCR_SELECTION'],
    outputs: ['TPM2B_PRIVATE', 'TPM2B_PUBLIC', 'unused', 'unused', 'unused'],
  },
  CreatePrimary: {
    handles: 1,
    inputs: ['TPM2B_SENSITIVE_CREATE', 'TPM2B_PUBLIC', 'TPM2B_DATA', 'TPML_PCR_SELECTION'],
    outputs: ['handle', 'TPM2B_PUBLIC', 'unused', 'unused', 'unused'],
  },
  FlushContext: { handles: 1, sessions: 0, inputs: [], outputs: [] },
  GetCapability: {
    handles: 0,
    inputs: ['uint32_t', 'uint32_t', 'uint32_t'],
    outputs: ['uint8_t', 'TPMS_CAPABILITY_DATA'],
  },
  GetRandom: { handles: 0, inputs: ['uint16_t'], outputs: ['TPM2B_DIGEST'] },
  Load: { handles: 1, inputs: ['TPM2B_PRIVATE', 'TPM2B_PUBLIC'], outputs: ['handle'] },
  NV_Certify: {
    handles: 3,
    inputs: ['TPM2B_DATA', 'TPMT_SIG_SCHEME', 'uint16_t', 'uint16_t'],
    outputs: ['TPM2B_ATTEST', 'TPMT_SIGNATURE'],
  },
  NV_Read: { handles: 2, inputs: ['uint16_t', 'uint16_t'], outputs: ['TPM2B_MAX_NV_BUFFER'] },
  NV_ReadPublic: { handles: 1, inputs: [], outputs: ['TPM2B_NV_PUBLIC', 'TPM2B_NAME'] },
  PCR_Read: {
    handles: 0,
    inputs: ['TPML_PCR_SELECTION'],
    outputs: ['uint32_t', 'TPML_PCR_SELECTION', 'TPML_DIGEST'],
  },
  PolicyOR: { handles: 1, inputs: ['TPML_DIGEST'], outputs: [] },
  PolicySecret: {
    handles: 2,
    inputs: ['TPM2B_DIGEST', 'TPM2B_DIGEST', 'TPM2B_DIGEST', 'int32_t'],
    outputs: ['unused', 'unused'],
  },
  Quote: {
    handles: 1,
    inputs: ['TPM2B_DATA', 'TPMT_SIG_SCHEME', 'TPML_PCR_SELECTION'],
    outputs: ['TPM2B_ATTEST', 'TPMT_SIGNATURE'],
  },
  ReadClock: { handles: 0, inputs: [], outputs: ['TPMS_TIME_INFO'] },
  ReadPublic: { handles: 1, inputs: [], outputs: ['TPM2B_PUBLIC', 'TPM2B_NAME', 'TPM2B_NAME'] },
  Sign: {
    handles: 1,
    inputs: ['TPM2B_DIGEST', 'TPMT_SIG_SCHEME', 'TPMT_TK_HASHCHECK'],
    outputs: ['TPMT_SIGNATURE'],
  },
  StartAuthSession: {
    handles: 2,
    inputs: ['TPM2B_DIGEST', 'uint8_t', 'TPMT_SYM_DEF', 'uint16_t'],
    outputs: ['handle'],
  },
  /** No command of the TPM: reads the public area of a handle the TPM has, which ESYS needs for its name. */
  TR_FromTPMPublic: { handles: 1, inputs: [], outputs: ['handle'] },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof TABLE;

export const COMMANDS: Readonly<Record<CommandName, Command>> = TABLE;

type InputValues<T extends readonly Input[]> = {
  -readonly [I in keyof T]: T[I] extends Scalar ? number : Uint8Array | null;
};

type OutputValue<T> = T extends Scalar ? number : T extends 'handle' ? Handle : T extends 'unused' ? null : Uint8Array;

type OutputValues<T extends readonly Output[]> = { -readonly [I in keyof T]: OutputValue<T[I]> };

/** Values for the inputs of a command: numbers, and structures in the TPM's own form; null where none is given. */
export type Inputs<C extends CommandName> = InputValues<(typeof TABLE)[C]['inputs']>;

/** What a command answers, structures in the TPM's own form. */
export type Outputs<C extends CommandName> = OutputValues<(typeof TABLE)[C]['outputs']>;

declare const HANDLE: unique symbol;

/** An ESYS_TR: the name ESYS has for an object, a session, an index or a hierarchy. */
export type Handle = number & { readonly [HANDLE]: true };

/** ESYS_TR that are always there (`tss2/tss2_esys.h`). */
export const ESYS_TR = {
  none: 0xfff as Handle,
  password: 0x0ff as Handle,
  owner: 0x101 as Handle,
  null: 0x107 as Handle,
  endorsement: 0x10b as Handle,
} as const;
